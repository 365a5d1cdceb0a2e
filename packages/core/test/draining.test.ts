import { once } from 'node:events'
import { expect, test } from 'vitest'
import { AstraNet } from '../src/index.js'
import { drain } from '../src/links/drain.js'
import { Net } from './discovery-support.js'
import { failure, SkipClock, textOf, turns, twoNodes, until } from './support.js'

test('a node that drains lets an open stream end, refuses new ones, and then closes', async () => {
  const { server, client } = await twoNodes()
  const listener = await server.bind('', 'guests')
  const socket = await client.dial('', 'guests')
  const guest = await listener.accept()
  const closing = server.close({ drainMs: 60_000 })
  await until(() => client.services().length === 0)
  expect(await failure(client.dial('', 'guests', { timeoutMs: 0 }))).toMatchObject({ code: 'ENOTFOUND' })
  const text = textOf(socket)
  guest.end('everything')
  socket.end()
  expect(await text).toBe('everything')
  await closing
  expect(client.inspect().links).toEqual([])
  await client.close()
})

test('a router that drains waits for the sockets through it, and no longer', async () => {
  await using net = new Net()
  const router = await net.node({ role: 'router' })
  const [server, client] = [await net.node({}, router), await net.node({}, router)]
  const listener = await server.bind('', 'guests')
  const socket = await client.dial('', 'guests')
  const guest = await listener.accept()
  let isClosed = false
  const closing = router.close({ drainMs: 0x7fffffff }).then(() => (isClosed = true))
  await until(() => client.services().length === 0)
  const text = textOf(socket)
  guest.write('every')
  await once(socket, 'readable')
  expect(isClosed).toBe(false)
  guest.end('thing')
  socket.end()
  expect(await text).toBe('everything')
  await closing
})

test('streams between a node and itself may end in that time, too', async () => {
  const node = new AstraNet()
  const listener = await node.bind('guests')
  const socket = await node.dial('guests')
  const guest = await listener.accept()
  const closing = node.close({ drainMs: 60_000 })
  await turns(10)
  const text = textOf(socket)
  guest.end('everything')
  socket.end()
  expect(await text).toBe('everything')
  await closing
})

test('streams that are open when the time is over end with an error', async () => {
  const { server, client } = await twoNodes()
  const listener = await server.bind('', 'guests')
  const socket = await client.dial('', 'guests')
  const guest = await listener.accept()
  guest.on('error', () => undefined)
  const broken = once(socket, 'error')
  await server.close({ drainMs: 50 })
  expect(await broken).toMatchObject([{ code: 'ECONNRESET' }])
  await client.close()
})

test('a second close ends the wait', async () => {
  const { server, client } = await twoNodes()
  const listener = await server.bind('', 'guests')
  const socket = await client.dial('', 'guests')
  socket.on('error', () => undefined)
  const guest = await listener.accept()
  guest.on('error', () => undefined)
  const first = server.close({ drainMs: 0x7fffffff })
  await until(() => client.services().length === 0)
  await server.close()
  await first
  await client.close()
})

test('a node without streams drains at once, and one without neighbours too', async () => {
  const { server, client } = await twoNodes()
  await server.close({ drainMs: 0x7fffffff })
  await client.close({ drainMs: 0x7fffffff })
})

test('drainMs must be a time', async () => {
  await using nodes = await twoNodes()
  const { client } = nodes
  expect(await failure(client.close({ drainMs: -1 }))).toEqual(
    expect.objectContaining({
      code: 'ERR_OUT_OF_RANGE',
      message: expect.stringContaining('"options.drainMs"'),
    }),
  )
  expect(await failure(client.close({ drainMs: '1' as never }))).toBeInstanceOf(TypeError)
  expect(await failure(client.close(null as never))).toBeInstanceOf(TypeError)
  expect(client.isClosed).toBe(false)
})

test('links that are drained leave no timer behind', async () => {
  const clock = new SkipClock()
  let ended = (): void => undefined
  const link = { drain: () => new Promise<void>((resolve) => (ended = resolve)) }
  const { done } = drain([link], clock, 1_000)
  let isDone = false
  void done.then(() => (isDone = true))
  await clock.advance(999)
  await turns(2)
  expect(isDone).toBe(false)
  ended()
  await done
  expect(clock.pending).toBe(0)
})
