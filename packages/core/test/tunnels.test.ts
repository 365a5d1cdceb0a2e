import { fork } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { AstraNet, generateSecret, type Socket } from '../src/index.js'
import { Net } from './discovery-support.js'
import { readToEnd, turns, until } from './support.js'

/** A client and a server that both have joined one router, and listen nowhere. */
async function overRouter(): Promise<
  AsyncDisposable & { client: AstraNet; router: AstraNet; server: AstraNet }
> {
  const net = new Net()
  const router = await net.node({ role: 'router' })
  const server = await net.node({}, router)
  const client = await net.node({}, router)
  return { client, router, server, [Symbol.asyncDispose]: () => net[Symbol.asyncDispose]() }
}

test('a service behind a router is dialed by its name, and the socket says the way', async () => {
  await using nodes = await overRouter()
  const { client, router, server } = nodes
  const listener = await server.bind('', 'echo')
  listener.on('connection', (socket) => socket.pipe(socket))
  await using socket = await client.dial('', 'echo')
  expect(socket.path).toEqual({ kind: 'relay', via: [router.nodeId] })
  expect(socket.remoteNode).toBe(server.nodeId)
  expect(socket.remoteIdentity.security).toBe('encrypted')
  socket.end('through the router')
  expect(await readToEnd(socket)).toBe('through the router')
})

test('what is written before a tunnel is there travels with the dial through it, and so does the end', async () => {
  await using nodes = await overRouter()
  const { client, server } = nodes
  const listener = await server.bind('', 'echo')
  const arrived: number[] = []
  listener.on('connection', (socket) => {
    // The server reads a turn later.
    void turns(2).then(() => arrived.push(socket.bytesRead))
    socket.pipe(socket)
  })
  await client.waitFor('echo')
  const socket = client.connect('', 'echo')
  socket.end('early')
  expect(await readToEnd(socket)).toBe('early')
  expect([socket.path.kind, arrived]).toEqual(['relay', [5]])
})

test('a dial that may not wait for a name makes a tunnel to a node that is known', async () => {
  await using nodes = await overRouter()
  const { client, server } = nodes
  await server.bind('', 'echo')
  await client.waitFor('echo')
  const socket = await client.dial('', 'echo', { timeoutMs: 0 })
  expect(socket.path.kind).toBe('relay')
  socket.destroy()
  const unknown = client.dial('', 'nothing', { timeoutMs: 0 })
  await expect(unknown).rejects.toMatchObject({ code: 'ENOTFOUND' })
})

test('all streams between two nodes share one tunnel, in both directions', async () => {
  await using nodes = await overRouter()
  const { client, router, server } = nodes
  await server.bind('', 'one')
  await client.bind('', 'two')
  const first = await client.dial('', 'one')
  const sockets = await Promise.all([
    ...Array.from({ length: 20 }, () => client.dial('', 'one')),
    ...Array.from({ length: 20 }, () => server.dial('', 'two')),
  ])
  expect(router.inspect().forwarding.tunnels).toBe(1)
  expect(router.inspect().tunnels).toMatchObject([{ from: client.nodeId, to: server.nodeId }])
  for (const socket of [first, ...sockets]) socket.destroy()
  const again = await server.dial('', 'two')
  expect(router.inspect().forwarding).toMatchObject({ tunnels: 1, refused: {} })
  again.destroy()
  await once(again, 'close')
})

test('a node that came in by a grant reaches nodes that know who granted it', async () => {
  const secret = generateSecret()
  await using router = new AstraNet({ role: 'router', secret })
  await using server = new AstraNet({ secret, granters: [router.publicKey] })
  await using client = new AstraNet()
  const { address } = await router.listenAndServe('tcp4', '127.0.0.1:0')
  await server.join('tcp4', address)
  await client.join(await router.ticket({ grant: { roles: ['guest'] } }))
  const listener = await server.bind('', 'echo')
  const accepted = listener.accept()
  const socket = await client.dial('', 'echo')
  expect(socket.path.kind).toBe('relay')
  expect((await accepted).remoteIdentity.roles).toEqual(['guest'])
  socket.destroy()
})

test.each([{ grant: { roles: ['guest'] } }, { secret: true }])(
  'a node that came in by a ticket with %o dials addresses that other nodes advertise',
  async (contents) => {
    const secret = generateSecret()
    await using router = new AstraNet({ role: 'router', secret })
    await using server = new AstraNet({ secret, granters: [router.publicKey] })
    await using client = new AstraNet()
    const { address } = await router.listenAndServe('tcp4', '127.0.0.1:0')
    await server.join('tcp4', address)
    await server.listenAndServe('tcp4', '127.0.0.1:0')
    await client.join(await router.ticket(contents))
    await server.bind('', 'echo')
    await client.waitFor('echo')
    const socket = await client.dial('', 'echo', { path: 'direct', timeoutMs: 5_000 })
    expect(socket.path.kind).toBe('direct')
    socket.destroy()
  },
)

/** What arrives at a server whose client sends through a router, and how many of the sockets have ended cleanly. */
class Sink {
  bytes = 0
  ended = 0
  broken = 0

  constructor(server: AstraNet) {
    void server.bind('', 'sink').then((listener) => listener.on('connection', (socket) => this.#take(socket)))
  }

  #take(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => (this.bytes += chunk.length))
    socket.once('end', () => (this.ended += 1))
    socket.once('error', () => (this.broken += 1))
  }
}

test.each([
  [1, 14],
  [1, 12_000],
  [20, 600],
])('a process that exits has sent what it wrote through a router: %i x %i bytes', async (count, bytes) => {
  await using nodes = await overRouter()
  const { router, server } = nodes
  const { address } = await router.listenAndServe('tcp4', '127.0.0.1:0')
  const sink = new Sink(server)
  const args = [address, count, bytes].map(String)
  const client = fork(new URL('tunnels-exit-child.mjs', import.meta.url), args, { execArgv: [] })
  expect(await once(client, 'exit')).toEqual([0, null])
  await until(() => sink.ended + sink.broken === count)
  expect([sink.ended, sink.bytes]).toEqual([count, count * bytes])
})

test('of more than the router has allowed a process that exits has sent a part, of whole sockets too', async () => {
  await using nodes = await overRouter()
  const { router, server } = nodes
  const { address } = await router.listenAndServe('tcp4', '127.0.0.1:0')
  const sink = new Sink(server)
  const args = [address, '100', '1000']
  const client = fork(new URL('tunnels-exit-child.mjs', import.meta.url), args, { execArgv: [] })
  expect(await once(client, 'exit')).toEqual([0, null])
  await until(() => sink.ended + sink.broken === 100)
  expect(sink.ended).toBeGreaterThanOrEqual(8)
  expect(sink.bytes).toBeGreaterThanOrEqual(8_000)
})

test.each([
  [1, 16_000],
  [3, 9_000],
  [20, 1_000],
])('a node that closes has sent what it wrote through a router: %i x %i bytes', async (count, bytes) => {
  await using nodes = await overRouter()
  const { client, server } = nodes
  const sink = new Sink(server)
  await client.waitFor('sink')
  const dialed = Array.from({ length: count }, () => client.dial('', 'sink', { path: 'relay' }))
  for (const socket of await Promise.all(dialed)) socket.on('error', () => undefined).end(Buffer.alloc(bytes))
  await client.close()
  await until(() => sink.ended + sink.broken === count)
  expect([sink.ended, sink.bytes]).toEqual([count, count * bytes])
})
