import { fork } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { AstraNet, generateSecret } from '../src/index.js'
import { Net } from './discovery-support.js'
import { readToEnd } from './support.js'

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
    arrived.push(socket.bytesRead)
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

test('a process that exits has sent what it wrote through a router', async () => {
  await using nodes = await overRouter()
  const { router, server } = nodes
  const { address } = await router.listenAndServe('tcp4', '127.0.0.1:0')
  const listener = await server.bind('', 'sink')
  const client = fork(new URL('tunnels-exit-child.mjs', import.meta.url), [address], { execArgv: [] })
  const exited = once(client, 'exit')
  const socket = await listener.accept()
  expect(await readToEnd(socket)).toBe('the last words')
  expect(await exited).toEqual([0, null])
})
