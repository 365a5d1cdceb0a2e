import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { Duplex, PassThrough } from 'node:stream'
import { nodeIdToBytes, toNodeId } from '@astranet/interface'
import type { Stream } from '@astranet/mux'
import { describe, expect, test } from 'vitest'
import { AstraNet, formatNodeId, generateIdentity, type Socket } from '../src/index.js'
import { Member } from './member.js'
import { place, serves } from './router-place.js'
import { failure, textOf, until } from './support.js'

/** A message, also one that no node would send: its length, then msgpack. */
function encodeMessage(value: unknown): Buffer {
  const packed = pack(value)
  return Buffer.concat([Buffer.of(0x40 | (packed.length >> 8), packed.length & 0xff), packed])
}

function pack(value: unknown): Buffer {
  if (value === null) return Buffer.of(0xc0)
  if (typeof value === 'number') return Buffer.of(value)
  if (typeof value === 'string') return Buffer.concat([Buffer.of(0xa0 | value.length), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([Buffer.of(0xc4, value.length), value])
  const items = value as readonly unknown[]
  return Buffer.concat([Buffer.of(0xdc, 0, items.length), ...items.map(pack)])
}

/** An answer: the reason, and the sentence. */
function decodeAnswer(chunk: Uint8Array): [reason: number, text: string] {
  // Its length takes one byte or two.
  const packed = Buffer.from(chunk.subarray((chunk[0] ?? 0) < 0x40 ? 1 : 2))
  return [packed[1] ?? -1, packed.subarray(2).toString('latin1')]
}

/** Opens a stream with any header, and returns the answer. */
function ask(
  { link }: Member,
  header: readonly unknown[],
  onStream: (stream: Stream) => void = () => undefined,
): Promise<[reason: number, text: string]> {
  return new Promise((resolve, reject) => {
    const stream = link.session?.tryOpenStream()
    if (stream === undefined) return reject(new Error('no stream'))
    stream.handle({
      onData: (_, chunk) => resolve(decodeAnswer(chunk)),
      onEnd: () => undefined,
      onReset: (_, error) => reject(error),
    })
    onStream(stream)
    stream.write(encodeMessage(header))
  })
}

const [INVALID, NO_SUCH_NODE, UNREACHABLE] = [8, 3, 4]

/** As they are in counts. */
const NAMES: Readonly<Record<number, string>> = { 8: 'INVALID', 3: 'NO_SUCH_NODE', 4: 'UNREACHABLE' }

describe('a member gets a refusal with a reason, and the router goes on, for', () => {
  type Ids = { me: Uint8Array; router: Uint8Array; server: Uint8Array }
  const stranger = (index: number): Uint8Array => nodeIdToBytes(toNodeId(BigInt(1_000 + index)))
  const cases: [name: string, reason: number, header: (ids: Ids) => unknown[]][] = [
    ['a path that begins with another node', INVALID, (n) => [2, 1, [stranger(0), n.router, n.server]]],
    ['a position that is not the router', INVALID, (n) => [2, 2, [n.me, n.router, stranger(1), n.server]]],
    ['a position beyond the path', INVALID, (n) => [2, 3, [n.me, n.router, n.server]]],
    ['position 0', INVALID, (n) => [2, 0, [n.router, n.me, n.server]]],
    ['a path of one node', INVALID, (n) => [2, 1, [n.me]]],
    [
      'a path of 19 nodes',
      INVALID,
      (n) => [2, 1, [n.me, n.router, ...Array.from({ length: 17 }, (_, i) => stranger(i))]],
    ],
    [
      '18 nodes, one of them twice',
      INVALID,
      (n) => [2, 1, [n.me, n.router, ...Array.from({ length: 15 }, (_, i) => stranger(i)), stranger(0)]],
    ],
    ['a tunnel to itself', INVALID, (n) => [2, 1, [n.me, n.router, n.me]]],
    ['a node that is not known', NO_SUCH_NODE, (n) => [2, 1, [n.me, n.router, stranger(3)]]],
    ['a way through a leaf', UNREACHABLE, (n) => [2, 1, [n.me, n.router, n.server, stranger(3)]]],
    ['a path that is no list', INVALID, () => [2, 1, 'path']],
    ['ids of the wrong length', INVALID, (n) => [2, 1, [n.me, n.router.slice(1), n.server]]],
  ]
  test.each(cases)('%s', async (_name, reason, header) => {
    await using net = await place()
    await using member = await Member.join(net.address)
    const [me, router, server] = [
      member.idBytes,
      nodeIdToBytes(net.router.nodeId),
      nodeIdToBytes(net.server.nodeId),
    ]
    const [answered, text] = await ask(member, header({ me, router, server }))
    expect(answered).toBe(reason)
    expect(text).toMatch(/\w+ \w+/)
    expect(member.closed).toBeUndefined()
    const { forwarding } = net.router.inspect()
    expect(forwarding).toMatchObject({ tunnels: 0, opening: 0, heldBytes: 0 })
    expect(forwarding.refused).toEqual({ [NAMES[reason] as string]: 1 })
    const metrics = net.router.metrics().find(({ name }) => name === 'astranet_tunnels_refused_total')
    expect(metrics?.values).toEqual([{ labels: { reason: NAMES[reason] }, value: 1 }])
    await serves(net)
  })
})

test('a node counts the tunnels to it that it refuses, and dials whose header is malformed', async () => {
  await using net = await place()
  await using member = await Member.join(net.address)
  const [me, router] = [member.idBytes, nodeIdToBytes(net.router.nodeId)]
  const foreign = nodeIdToBytes(toNodeId(77n))
  // The router is the end of this path, which names another node as the one before it.
  expect(await ask(member, [2, 2, [me, foreign, router]])).toEqual([
    INVALID,
    expect.stringMatching(/\w+ \w+/),
  ])
  expect(net.router.inspect().forwarding.refused).toEqual({ INVALID: 1 })
  const { refused } = net.router.inspect().arrivals
  const FORBIDDEN = 5
  for (const [header, reason] of [
    [[1, 'port', null, 0], INVALID],
    [['kind'], INVALID],
    [[1, 7, foreign, 0], FORBIDDEN],
  ] as const)
    expect(await ask(member, header)).toEqual([reason, expect.stringMatching(/\w+ \w+/)])
  expect(net.router.inspect().arrivals.refused).toBe(refused + 3)
  expect(net.router.inspect().forwarding.refused).toEqual({ INVALID: 1 })
})

test('a member that floods tunnels whose far end stops reading costs the router a bounded number of bytes', async () => {
  await using net = await place({ tunnels: { maxTunnelBytes: 65_536 } })
  await using reader = await Member.join(net.address, {
    onStream: (stream) => {
      // It accepts, reads until the windows have grown, and then no more.
      stream.write(encodeMessage([0]))
      let received = 0
      const onData = (_: unknown, chunk: Uint8Array): void => {
        received += chunk.length
        if (received >= 500_000) stream.pause()
      }
      stream.handle({ onData, onEnd: () => undefined })
    },
  })
  await using member = await Member.join(net.address)
  const path = [member.idBytes, nodeIdToBytes(net.router.nodeId), reader.idBytes]
  await until(() => net.router.routes().length === 3)
  for (let index = 0; index < 20; index++) {
    const stream = member.link.session?.tryOpenStream()
    stream?.handle({ onData: () => undefined, onEnd: () => undefined })
    stream?.write(encodeMessage([2, 1, path]))
    for (let part = 0; part < 10; part++) stream?.write(new Uint8Array(1_000_000))
  }
  await until(() => net.router.inspect().forwarding.tunnels === 20)
  await until(() => net.router.inspect().forwarding.forwardedBytes > 20 * 500_000)
  await serves(net)
  const { heldBytes, forwardedBytes } = net.router.inspect().forwarding
  expect(heldBytes).toBeGreaterThan(0)
  expect(heldBytes).toBeLessThanOrEqual(20 * 2 * 65_536)
  expect(forwardedBytes).toBeLessThan(80e6)
})

test('when the router goes away, a node gives up tunnels that are no links yet', async () => {
  await using net = await place()
  await using member = await Member.join(net.address)
  const path = [member.idBytes, nodeIdToBytes(net.router.nodeId), nodeIdToBytes(net.server.nodeId)]
  expect(await ask(member, [2, 1, path])).toEqual([0, expect.anything()])
  expect(net.router.inspect().forwarding.tunnels).toBe(1)
  const start = performance.now()
  const closed = net.router.close({ drainMs: 15_000 })
  await until(() => net.router.inspect().forwarding.tunnels === 0)
  // The time for a handshake is 10 s.
  expect(performance.now() - start).toBeLessThan(5_000)
  expect(member.closed).toBeUndefined()
  await Promise.all([net.server.close(), closed])
})

test('a router that names another source gets no link in its name', async () => {
  await using net = await place()
  await using member = await Member.join(net.address, {
    identity: await generateIdentity(),
    roles: ['router'],
  })
  const claimed = nodeIdToBytes(toNodeId(77n))
  const path = [claimed, member.idBytes, nodeIdToBytes(net.router.nodeId), nodeIdToBytes(net.server.nodeId)]
  // It is forwarded, and accepted; a link needs a handshake of node 77, which nobody else can make.
  const failed: unknown[] = []
  const onFailed = (message: unknown): void => void failed.push(message)
  subscribe('astranet:tunnel:failed', onFailed)
  const streams: Stream[] = []
  const [answered] = await ask(member, [2, 2, path], (stream) => streams.push(stream))
  expect(answered).toBe(0)
  for (const stream of streams) stream.write(Buffer.from('no handshake of node 77, and nothing like one'))
  await until(() => failed.length > 0)
  unsubscribe('astranet:tunnel:failed', onFailed)
  expect(failed).toEqual([{ nodeId: 77n, error: expect.any(Error) as Error }])
  expect(net.server.inspect().links.map(({ nodeId }) => nodeId)).toEqual([net.router.nodeId])
})

test('a router sees neither the text nor the name of what passes through it', async () => {
  await using router = new AstraNet({ role: 'router' })
  await using server = new AstraNet()
  await using client = new AstraNet()
  const seen: Buffer[] = []
  for (const node of [server, client]) {
    const [there, back] = [new PassThrough(), new PassThrough()]
    for (const side of [there, back]) side.on('data', (chunk: Buffer) => seen.push(Buffer.from(chunk)))
    const near = Duplex.from({ readable: back, writable: there })
    const far = Duplex.from({ readable: there, writable: back })
    // So that the links to the router are not encrypted, and all that it reads is seen here.
    const options = { security: { isPrivate: true } }
    await Promise.all([node.attach(near, options), router.attach(far, options)])
  }
  const listener = await server.bind('', 'echo:7')
  listener.on('connection', (socket: Socket) => socket.pipe(socket))
  await client.waitFor('echo')
  const text = 'what nobody in between may read'
  const socket = await client.dial('', 'echo')
  expect(socket.path.kind).toBe('relay')
  socket.end(text)
  expect(await textOf(socket)).toBe(text)
  expect(Buffer.concat(seen).includes(text)).toBe(false)
  // The same look finds what is said to the router itself.
  const own = await router.bind('', 'own:8')
  own.on('connection', (each: Socket) => each.pipe(each))
  const direct = await client.dial('', 'own')
  expect(direct.path.kind).toBe('direct')
  direct.end(text)
  expect(await textOf(direct)).toBe(text)
  expect(Buffer.concat(seen).includes(text)).toBe(true)
})

test('a policy that forbids forwarding ends tunnels with `endForbidden`, and no new dial gets through', async () => {
  const allow = { mayLink: () => true, mayDial: () => true, mayOffer: () => true, mayForward: () => true }
  await using here = await place({ policy: allow })
  const { router, server, address } = here
  await using client = new AstraNet({ holePunching: false })
  await client.join('tcp4', address)
  const echo = `${formatNodeId(server.nodeId)}:7`
  const socket = await client.dial('', echo)
  socket.write('one')
  await once(socket, 'data')
  const forbidden = { ...allow, mayForward: () => false }
  await router.setPolicy(forbidden)
  expect(router.inspect().forwarding.tunnels).toBe(1)
  const broken = once(socket, 'error')
  await router.setPolicy(forbidden, { endForbidden: true })
  expect(await broken).toMatchObject([{ code: 'ECONNRESET' }])
  await until(() => router.inspect().forwarding.tunnels === 0)
  expect(await failure(client.dial('', echo))).toMatchObject({
    code: 'EACCES',
    message: expect.stringContaining('mayForward'),
  })
})
