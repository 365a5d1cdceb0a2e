import { memory } from '@astranet/transport-memory'
import { expect, test } from 'vitest'
import { AstraNet, toNodeId, type Socket } from '../src/index.js'
import { LeftNodes } from '../src/links/left-nodes.js'
import { closing, failure, SkipClock, textOf, twoNodes, until } from './support.js'

/** How a socket ends: an error's code, or `'close'`. */
async function endOf(socket: Socket): Promise<string> {
  let end = 'close'
  socket.on('error', (error: Error & { code?: string }) => (end = error.code ?? error.message))
  await new Promise<void>((resolve) => socket.once('close', () => resolve()))
  return end
}

test('leave ends the links with a node, tells it why, and does not join it again', async () => {
  const clock = new SkipClock()
  const transports = [memory({ clock })]
  const server = new AstraNet({ clock, transports })
  const client = new AstraNet({ clock, transports })
  await server.listenAndServe('memory', 'hall')
  const listener = await server.bind('echo')
  await client.join('memory', 'hall')
  const socket = await client.dial('echo')
  const guest = await listener.accept()
  const ends = [endOf(socket), endOf(guest)]
  expect(await client.leave(server.nodeId, { reason: 'moving on' })).toBe(1)
  expect(await Promise.all(ends)).toEqual(['close', 'ECONNRESET'])
  await clock.advance(3_600_000)
  expect([client.inspect().joins, client.routes(), server.routes()]).toEqual([[], [], []])
  expect(await client.join('memory', 'hall')).toBe(server.nodeId)
  await Promise.all([closing(clock, client), closing(clock, server)])
})

test('the other node sees the reason', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const { subscribe, unsubscribe } = await import('node:diagnostics_channel')
  const reasons: string[] = []
  const onMessage = (message: unknown): void => {
    const { nodeId, error } = message as { nodeId: unknown; error?: Error }
    if (nodeId === client.nodeId) reasons.push(error?.message ?? '')
  }
  subscribe('astranet:link:closed', onMessage)
  await client.leave(server.nodeId, { reason: 'it is too far away' })
  await until(() => reasons.length === 1)
  unsubscribe('astranet:link:closed', onMessage)
  expect(reasons[0]).toMatch(/it is too far away/)
})

test('with drainMs open streams end by themselves, and new ones are not opened', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const listener = await server.bind('echo')
  listener.on('connection', (socket) => socket.pipe(socket))
  const socket = await client.dial('echo')
  const leaving = client.leave(server.nodeId, { drainMs: 60_000 })
  expect(await failure(client.dial('echo', { timeoutMs: 0 }))).toMatchObject({
    code: expect.stringMatching(/^(ENOTFOUND|EHOSTUNREACH)$/),
  })
  socket.end('the last words')
  expect(await textOf(socket)).toBe('the last words')
  expect(await leaving).toBe(1)
  expect(client.inspect().links).toEqual([])
})

test('what lasts longer than drainMs is cut', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const listener = await server.bind('echo')
  const socket = await client.dial('echo')
  const guest = await listener.accept()
  const ends = [endOf(socket), endOf(guest)]
  expect(await client.leave(server.nodeId, { drainMs: 20 })).toBe(1)
  expect(await Promise.all(ends)).toEqual(['close', 'ECONNRESET'])
})

test('a join that still waits for the node ends, and a node without a link is left at once', async () => {
  const clock = new SkipClock()
  const transports = [memory({ clock })]
  const server = new AstraNet({ clock, transports })
  const client = new AstraNet({ clock, transports })
  await server.listenAndServe('memory', 'hall')
  await client.join('memory', 'hall')
  await closing(clock, server)
  await until(() => client.inspect().joins[0]?.state === 'waiting')
  expect(await client.leave(server.nodeId)).toBe(0)
  expect(client.inspect().joins).toEqual([])
  expect(await client.leave(client.nodeId)).toBe(0)
  await closing(clock, client)
  expect(clock.pending).toBe(0)
  expect(await failure(client.leave(server.nodeId))).toMatchObject({ code: 'ERR_SOCKET_CLOSED' })
})

test('both links to a node end, also one that stands by', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const { address } = await client.listenAndServe('tcp4', '127.0.0.1:0')
  await server.join('tcp4', address)
  await until(() => client.inspect().links.length === 2)
  expect(await client.leave(server.nodeId)).toBe(2)
  // The server's ends of the links may not have closed yet.
  await server.leave(client.nodeId)
  expect(server.inspect().links).toEqual([])
  expect(await server.leave(client.nodeId)).toBe(0)
  await using other = new AstraNet()
  expect(await other.leave(server.nodeId)).toBe(0)
})

test('a second router that the node has linked by itself is not linked again once it was left', async () => {
  const clock = new SkipClock()
  const options = { clock, sessionLimits: { keepAliveIntervalMs: 0 } }
  const [first, second] = [new AstraNet(options).router(), new AstraNet(options).router()]
  const at = await first.listenAndServe('tcp4', '127.0.0.1:0')
  await second.listenAndServe('tcp4', '127.0.0.1:0')
  await second.join('tcp4', at.address)
  const client = new AstraNet(options)
  await client.join('tcp4', at.address)
  const isLinked = (): boolean => client.inspect().links.some(({ nodeId }) => nodeId === second.nodeId)
  for (let count = 0; count < 200 && !isLinked(); count++) await clock.advance(100)
  expect(isLinked()).toBe(true)
  expect(await client.leave(second.nodeId)).toBe(1)
  await clock.advance(300_000)
  expect(isLinked()).toBe(false)
  await Promise.all([closing(clock, client), closing(clock, first), closing(clock, second)])
})

test('the latest 1,024 nodes that were left are remembered', () => {
  const left = new LeftNodes()
  for (let id = 1n; id <= 1_025n; id++) left.add(toNodeId(id))
  expect([left.has(toNodeId(1n)), left.has(toNodeId(2n)), left.has(toNodeId(1_025n))]).toEqual([
    false,
    true,
    true,
  ])
  left.delete(toNodeId(2n))
  expect(left.has(toNodeId(2n))).toBe(false)
})
