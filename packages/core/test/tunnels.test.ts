import { once } from 'node:events'
import { expect, test } from 'vitest'
import type { AstraNet } from '../src/index.js'
import { Net } from './discovery-support.js'
import { readToEnd, until } from './support.js'

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
  for (const socket of [first, ...sockets]) socket.destroy()
  const again = await server.dial('', 'two')
  expect(router.inspect().forwarding).toMatchObject({ tunnels: 1, refused: {} })
  again.destroy()
  await once(again, 'close')
})
