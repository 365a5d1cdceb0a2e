import { expect, test } from 'vitest'
import { Session, type Stream } from '../src/index.js'
import { fakePipes, ManualClock, type FakePipe } from './support/fake-pipe.js'
import { pattern, Recorder } from './support/recorder.js'

interface World {
  readonly clock: ManualClock
  readonly near: FakePipe
  /** The client's stream, of which the server has received one byte. */
  readonly stream: Stream
  readonly received: Recorder
  readonly client: Session
  /** How often the client has written to its pipe. */
  flushes: number
}

/** Two sessions, and a stream that both know. Nothing waits. */
function world(): World {
  const clock = new ManualClock()
  const [near, far] = fakePipes(clock)
  const common = { clock, random: () => 0 }
  const client = new Session(near, { ...common, role: 'client' })
  const received = new Recorder()
  new Session(far, { ...common, role: 'server', handler: { onStream: (stream) => stream.handle(received) } })
  clock.runDeferred()
  const stream = client.tryOpenStream()
  if (stream === undefined) throw new Error('the server takes no stream')
  stream.write(pattern(1))
  clock.runDeferred()
  const made = { clock, near, stream, received, client, flushes: 0 }
  const writev = near.writev.bind(near)
  near.writev = (chunks) => {
    made.flushes++
    return writev(chunks)
  }
  return made
}

test('what is written before a flush leaves with it', () => {
  const made = world()
  const { clock, stream, received } = made
  stream.write(pattern(10))
  stream.beforeFlush(() => stream.write(pattern(20)))
  stream.beforeFlush(() => stream.write(pattern(30)))
  expect(stream.sentBytes).toBe(1)
  clock.runDeferred()
  expect(stream.sentBytes).toBe(61)
  expect(made.flushes).toBe(1)
  expect(received.bytes).toHaveLength(61)
})

test('a callback that asks again is called before the next flush', () => {
  const made = world()
  const { clock, stream } = made
  const again = (left: number) => (): void => {
    stream.write(pattern(10))
    if (left > 0) stream.beforeFlush(again(left - 1))
  }
  stream.beforeFlush(again(2))
  clock.runDeferred()
  expect(made.flushes).toBe(3)
  expect(stream.sentBytes).toBe(31)
})

test('a callback that writes nothing is called once, and nothing is sent', () => {
  const made = world()
  let calls = 0
  made.stream.beforeFlush(() => calls++)
  made.clock.runDeferred()
  expect([calls, made.flushes]).toEqual([1, 0])
})

test('callbacks are called while the connection is full, and after the session has ended', () => {
  const { clock, near, stream, client } = world()
  let calls = 0
  near.isFull = true
  stream.write(pattern(10))
  clock.runDeferred()
  stream.beforeFlush(() => calls++)
  clock.runDeferred()
  expect(calls).toBe(1)
  client.destroy()
  clock.runDeferred()
  stream.beforeFlush(() => calls++)
  clock.runDeferred()
  expect(calls).toBe(2)
})

test('what a callback throws becomes an uncaught exception; the others are called, and the session goes on', () => {
  const { clock, stream, received } = world()
  stream.beforeFlush(() => {
    throw new Error('thrown on purpose')
  })
  stream.beforeFlush(() => stream.write(pattern(5)))
  expect(() => clock.runDeferred()).toThrow('thrown on purpose')
  clock.runDeferred()
  stream.write(pattern(6))
  clock.runDeferred()
  expect(received.bytes).toHaveLength(12)
})
