import { expect, test } from 'vitest'
import { AstraNet } from '../src/index.js'
import { closing, errorOf, SkipClock, textOf, until } from './support.js'

test('when the connection of a node with itself has ended, the next dial of a service of its own makes a new one', async () => {
  const clock = new SkipClock()
  const node = new AstraNet({ clock, sessionLimits: { idleTimeoutMs: 5_000 } })
  const listener = await node.bind('', 'self', { backlog: 1 })
  for (let round = 0; round < 3; round++) {
    const idle = await node.dial('', 'self')
    await until(() => listener.waiting === 1)
    const broken = errorOf(idle)
    await clock.advance(10_000)
    expect(await broken).toMatchObject({ code: 'ECONNRESET' })
    // Its place in the backlog is free again.
    const socket = await node.dial('', 'self')
    const far = await listener.accept()
    socket.end('hello')
    far.end()
    expect(await textOf(far)).toBe('hello')
    socket.destroy()
  }
  await closing(clock, node)
})

test('a dial of a service of its own that is on its way when that connection ends gives its place in the backlog back', async () => {
  const clock = new SkipClock()
  const node = new AstraNet({ clock, sessionLimits: { idleTimeoutMs: 5_000, maxConcurrentStreams: 3 } })
  const listener = await node.bind('', 'self')
  const first = await node.dial('', 'self')
  const second = await node.dial('', 'self')
  const third = await node.dial('', 'self')
  const broken = Promise.all([first, second, third].map((socket) => errorOf(socket)))
  const waiting = node.dial('', 'self', { timeoutMs: 60_000 }).catch((error: unknown) => error)
  await clock.advance(10_000)
  await broken
  expect(await waiting).toMatchObject({ code: 'ECONNRESET', syscall: 'dial' })
  const socket = await node.dial('', 'self')
  await until(() => listener.waiting > 0)
  socket.destroy()
  await closing(clock, node)
})

test('a node can dial itself and give up at once as often as it likes', async () => {
  await using node = new AstraNet()
  const listener = await node.bind('', 'self')
  listener.on('connection', (socket) => socket.on('error', () => {}))
  // More than the first credit for streams.
  for (let count = 0; count < 5_000; count++) {
    const socket = await node.dial('', 'self')
    socket.on('error', () => {}).resetAndDestroy()
  }
})
