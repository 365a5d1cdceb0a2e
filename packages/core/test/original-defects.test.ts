import { once } from 'node:events'
import net from 'node:net'
import { duplexPair } from '@astranet/interface/duplex-pair'
import { memory } from '@astranet/transport-memory'
import { expect, test } from 'vitest'
import { AstraNet, formatNodeId, type NodeId } from '../src/index.js'
import { Net } from './discovery-support.js'
import { rawLink } from './raw-link.js'
import { closing, failure, Proxy, SkipClock, textOf, turns, twoNodes, until } from './support.js'

/** What a socket of either kind ends with: the code of an error, or `'closed'`. */
async function endOf(socket: net.Socket | Awaited<ReturnType<AstraNet['dial']>>): Promise<string> {
  return await new Promise((resolve) => {
    socket.once('error', (error: Error & { code?: string }) => resolve(error.code ?? error.message))
    socket.once('close', () => resolve('closed'))
  })
}

/** A server of `node:net` on a free port of this machine. */
async function netServer(
  onConnection: (socket: net.Socket) => void,
): Promise<{ port: number } & AsyncDisposable> {
  const server = net.createServer(onConnection).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as net.AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

test('1: what nobody has read yet is there long after the other side has closed', async () => {
  const all = 'x'.repeat(100_000)
  await using plain = await netServer((socket) => socket.end(all))
  const expected = (await textOf(net.connect(plain.port, '127.0.0.1'))).length
  const clock = new SkipClock()
  const transports = [memory({ clock })]
  const server = new AstraNet({ clock, transports })
  const client = new AstraNet({ clock, transports })
  await server.listenAndServe('memory', 'hall')
  const listener = await server.bind('book')
  await client.join('memory', 'hall')
  const socket = await client.dial('book')
  const accepted = await listener.accept()
  accepted.end(all)
  await turns(20)
  await clock.advance(3_600_000)
  socket.end()
  expect((await textOf(socket)).length).toBe(expected)
  await Promise.all([closing(clock, client), closing(clock, server)])
})

test('2: sockets end when the connection under them dies', async () => {
  const ends: Promise<string>[] = []
  await using plain = await netServer((socket) => ends.push(endOf(socket)))
  const plainProxy = await Proxy.to(`127.0.0.1:${plain.port}`)
  const [host, port] = plainProxy.address.split(':')
  const plainSocket = net.connect(Number(port), String(host))
  plainSocket.resume()
  const plainEnd = endOf(plainSocket)
  await once(plainSocket, 'connect')
  await until(() => ends.length === 1)
  await plainProxy[Symbol.asyncDispose]()
  expect(await plainEnd).toBe('ECONNRESET')

  await using server = new AstraNet()
  const { address } = await server.listenAndServe('tcp4', '127.0.0.1:0')
  const proxy = await Proxy.to(address)
  const listener = await server.bind('echo')
  await using client = new AstraNet({ variables: {} })
  await client.join(proxy.address)
  const socket = await client.dial('echo')
  const both = [endOf(socket.resume()), endOf((await listener.accept()).resume())]
  await proxy[Symbol.asyncDispose]()
  expect(await Promise.all(both)).toEqual(['ECONNRESET', 'ECONNRESET'])
})

test('3: a dial of a port that nobody has bound is refused', async () => {
  const closed = await netServer(() => undefined)
  await closed[Symbol.asyncDispose]()
  const plain = once(net.connect(closed.port, '127.0.0.1'), 'error') as Promise<[Error & { code: string }]>
  const [{ code }] = await plain
  await using nodes = await twoNodes()
  const { client, server } = nodes
  expect(await failure(client.dial(`${formatNodeId(server.nodeId)}:4711`))).toMatchObject({ code })
  expect(client.inspect().links).toHaveLength(1)
})

test('4: a port is bound once', async () => {
  await using plain = await netServer(() => undefined)
  const second = net.createServer().listen(plain.port, '127.0.0.1')
  const [{ code }] = (await once(second, 'error')) as [{ code: string }]
  await using node = new AstraNet()
  const listener = await node.bind(':80')
  expect(await failure(node.bind(':80'))).toMatchObject({ code })
  expect(await failure(node.bind('web:80'))).toMatchObject({ code })
  expect(node.services()).toEqual([])
  await new Promise<unknown>((resolve) => listener.close(resolve))
  await node.bind('web:80')
})

test.each(['abcdefghijk', 'AAAAAAAAAAA', '01234567890', 'a-b_c-d_e-f'])(
  '5: %s, which looks like a host of the original, is a name like any other',
  async (name) => {
    await using nodes = await twoNodes()
    const listener = await nodes.server.bind(name)
    listener.on('connection', (socket) => socket.end('found'))
    await nodes.client.waitFor(name)
    expect(await textOf(await nodes.client.dial(name))).toBe('found')
  },
)

test('6: what is bound as name:port is dialed as name:port, and as its name', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const listener = await server.bind('svc:4000')
  listener.on('connection', (socket) => socket.end('found'))
  await client.waitFor('svc')
  for (const address of ['svc:4000', 'svc']) expect(await textOf(await client.dial(address))).toBe('found')
  expect(await failure(client.dial('svc:4001', { timeoutMs: 0 }))).toMatchObject({ code: 'ENOTFOUND' })
})

test('7: a hash ring leads every client to the same instance', async () => {
  await using net = new Net()
  const router = await net.node({ role: 'router' })
  for (let count = 0; count < 5; count++) await (await net.node({}, router)).bind('shard')
  const clients = [await net.node({}, router), await net.node({}, router), await net.node({}, router)]
  for (const client of clients) await client.waitFor('shard', { count: 5 })
  const met = new Set<NodeId | undefined>()
  // With so many keys all of them have one instance in less than one run in a million.
  for (const key of Array.from({ length: 20 }, (_, index) => `key-${index}`)) {
    const nodes = new Set<NodeId | undefined>()
    for (const client of clients) {
      const socket = await client.dial(`registry://${key}`, 'shard')
      nodes.add(socket.remoteIdentity?.nodeId)
      met.add(socket.remoteIdentity?.nodeId)
      socket.destroy()
    }
    expect(nodes.size).toBe(1)
  }
  expect(met.size).toBeGreaterThan(1)
})

test('8: of two links that lead to a service each is taken as often as the other', async () => {
  await using net = new Net()
  const client = await net.node()
  const servers = [await net.node({}, client), await net.node({}, client)]
  for (const server of servers) await server.bind('web')
  await client.waitFor('web', { count: 2 })
  const [first] = servers
  let atFirst = 0
  for (let count = 0; count < 400; count++) {
    const socket = await client.dial('web')
    if (socket.remoteIdentity?.nodeId === first?.nodeId) atFirst += 1
    socket.on('error', () => undefined).destroy()
  }
  // The standard deviation is 10: outside of these bounds is one run in 20 million.
  expect(atFirst).toBeGreaterThan(145)
  expect(atFirst).toBeLessThan(255)
})

test('9: closing ends what waits to read or to accept', async () => {
  await using plain = await netServer(() => undefined)
  const plainSocket = net.connect(plain.port, '127.0.0.1')
  await once(plainSocket, 'connect')
  const readings = [plainSocket.iterator().next()]
  await using nodes = await twoNodes()
  const listener = await nodes.server.bind('silent')
  const socket = await nodes.client.dial('silent')
  await listener.accept()
  const accepting = failure(listener.accept())
  readings.push(socket.iterator().next())
  await turns(2)
  plainSocket.destroy()
  socket.destroy()
  listener.close()
  const codes = await Promise.all(readings.map(async (each) => (await failure(each)).code))
  expect(codes).toEqual(['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_PREMATURE_CLOSE'])
  expect(await accepting).toMatchObject({ code: 'ECONNABORTED' })
})

test.each<[string, number[]]>([
  ['MAX_STREAM_DATA', [1, 0x11]],
  ['MAX_DATA', [1, 0x10]],
  ['an empty record and MAX_STREAM_DATA', [0, 1, 0x11]],
  ['MAX_STREAM_DATA with half of its fields', [2, 0x11, 0x00]],
])(
  '10: a credit frame without its content (%s) ends the link of the peer, and nothing else',
  async (_, bytes) => {
    await using node = new AstraNet()
    const listener = await node.bind('echo')
    listener.on('connection', (socket) => socket.on('error', () => undefined).pipe(socket))
    await using honest = new AstraNet()
    const { address } = await node.listenAndServe('tcp4', '127.0.0.1:0')
    await honest.join(address)
    const [near, far] = duplexPair()
    const joined = node.attach(near)
    let closed: Error | undefined
    let isClosed = false
    rawLink(far, {
      role: 'either',
      handler: {
        onClose(_link, error) {
          closed = error
          isClosed = true
        },
      },
    })
    await joined
    expect(node.routes()).toHaveLength(2)
    far.writev([Uint8Array.from(bytes)])
    await until(() => isClosed)
    expect(closed).toMatchObject({ code: expect.stringMatching(/^ASTRA_ERR_/) })
    await until(() => node.routes().length === 1)
    const socket = await honest.dial('echo')
    socket.end('unharmed')
    expect(await textOf(socket)).toBe('unharmed')
  },
)
