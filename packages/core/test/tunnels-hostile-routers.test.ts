import { systemClock, type NodeId } from '@astranet/interface'
import type { Stream } from '@astranet/mux'
import { StreamDuplex } from '@astranet/relay'
import { generateIdentitySync, type Identity } from '@astranet/secure'
import { expect, test } from 'vitest'
import { AstraNet, formatNodeId, type Socket } from '../src/index.js'
import { Member } from './member.js'
import { rawLink } from './raw-link.js'
import { place, type Place } from './router-place.js'
import { textOf, until } from './support.js'

/** A client behind a good router and behind a member that says that it is a router, too, and is tried first. */
interface Between extends AsyncDisposable {
  readonly net: Place
  readonly client: AstraNet
  /** That of the member. */
  readonly identity: Identity
  /** How many tunnels the member was asked for. */
  asked(): number
}

async function between(onTunnel: (stream: Stream, member: Member) => void): Promise<Between> {
  let asked = 0
  const identity = generateIdentitySync()
  const net = await place()
  // A leaf does not know who is reached through which router.
  const client = new AstraNet({ role: 'leaf', holePunching: false })
  const { address } = await client.listenAndServe('tcp4', '127.0.0.1:0')
  const member: Member = await Member.join(address, {
    ...{ identity, roles: ['router'] },
    onStream: (stream) => {
      asked += 1
      onTunnel(stream, member)
    },
  })
  await until(() => client.inspect().links.length === 1)
  await client.join('tcp4', net.address)
  return {
    ...{ net, client, identity, asked: () => asked },
    async [Symbol.asyncDispose]() {
      await client.close()
      await member[Symbol.asyncDispose]()
      await net[Symbol.asyncDispose]()
    },
  }
}

/** Dials the node's port 7, and returns the routers on the way. */
async function echo(client: AstraNet, { nodeId }: AstraNet): Promise<readonly NodeId[]> {
  const socket = await client.dial('', `${formatNodeId(nodeId)}:7`, { timeoutMs: 60_000 })
  socket.end('hello')
  expect(await textOf(socket)).toBe('hello')
  return socket.path.via
}

/** Another server behind the good router. */
async function anotherServer({ address }: Place): Promise<AstraNet> {
  const server = new AstraNet()
  await server.join('tcp4', address)
  const listener = await server.bind('', 'other:7')
  listener.on('connection', (socket: Socket) => socket.on('error', () => undefined).pipe(socket))
  return server
}

/** Takes what arrives, and does nothing. */
function swallow(stream: Stream): void {
  stream.handle({ onData: () => undefined, onEnd: () => undefined })
}

const kinds: [name: string, onTunnel: (stream: Stream, member: Member) => void][] = [
  ['answers nothing', swallow],
  [
    'accepts tunnels and forwards nothing',
    (stream, member) => {
      member.link.accept(stream)
      swallow(stream)
    },
  ],
  [
    'accepts tunnels and cuts them',
    (stream, member) => {
      member.link.accept(stream)
      stream.end()
    },
  ],
  [
    'makes the handshake itself',
    (stream, member) => {
      member.link.accept(stream)
      const names = { localAddress: '', remoteAddress: '' }
      rawLink(new StreamDuplex(stream, { clock: systemClock, ...names }), { role: 'acceptor', handler: {} })
    },
  ],
]

test.each(kinds)('a router that %s keeps no dial from the way over another one', async (_, onTunnel) => {
  await using nodes = await between(onTunnel)
  const { net, client } = nodes
  await using other = await anotherServer(net)
  expect(await echo(client, net.server)).toEqual([net.router.nodeId])
  // It was tried first.
  expect(nodes.asked()).toBeGreaterThan(0)
  expect(await echo(client, other)).toEqual([net.router.nodeId])
})

test('a router that forwards the handshake and nothing more keeps no dial from the way over another one', async () => {
  let forward = (_: Stream): void => undefined
  await using nodes = await between((stream, { link }) => {
    link.accept(stream)
    forward(stream)
  })
  const { net, client, identity } = nodes
  await using behind = await Member.join(net.address, { identity, roles: ['router'] })
  await until(() => net.router.routes().some(({ nodeId }) => nodeId === identity.nodeId))
  const isOpen = (): boolean => client.inspect().links.some(({ nodeId }) => nodeId === net.server.nodeId)
  const pass = (from: Stream, to: Stream): void =>
    from.handle({ onData: (_, chunk) => void (isOpen() || to.write(chunk.slice())), onEnd: () => undefined })
  forward = (near) => {
    const path = [client.nodeId, identity.nodeId, net.router.nodeId, net.server.nodeId]
    const onAccepted = (_: unknown, far: Stream): void => {
      pass(near, far)
      pass(far, near)
    }
    behind.link.dial({ kind: 'tunnel', path, position: 2 }, { onAccepted, onFailed: () => near.destroy() })
  }
  expect(await echo(client, net.server)).toEqual([net.router.nodeId])
  expect(nodes.asked()).toBeGreaterThan(0)
})
