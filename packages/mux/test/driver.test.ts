import { describe, expect, it } from 'vitest'
import { Session, type SessionOptions, type Stream } from '../src/index.js'
import { fakePipes, ManualClock, type FakePipe } from './support/fake-pipe.js'
import { bytesOf, pattern, Recorder } from './support/recorder.js'

interface World {
  clock: ManualClock
  client: Session
  server: Session
  near: FakePipe
  far: FakePipe
  accepted: Stream[]
  reasons: (Error | undefined)[]
}

function world(options: Partial<SessionOptions> = {}): World {
  const clock = new ManualClock()
  const [near, far] = fakePipes(clock)
  const accepted: Stream[] = []
  const reasons: (Error | undefined)[] = []
  const common = { clock, random: () => 0, ...options }
  const client = new Session(near, {
    ...common,
    role: 'client',
    handler: { onClose: (reason) => reasons.push(reason) },
  })
  const server = new Session(far, {
    ...common,
    role: 'server',
    handler: { onStream: (stream) => accepted.push(stream) },
  })
  clock.runDeferred()
  return { clock, client, server, near, far, accepted, reasons }
}

function codeOf(error: Error | undefined): string | undefined {
  return (error as { code?: string } | undefined)?.code
}

describe('a session whose peer is gone', () => {
  it('finds out within 15 s', () => {
    const { clock, client, near, far, reasons } = world()
    near.isDelivering = far.isDelivering = false
    clock.advance(14_499)
    expect(client.isClosing).toBe(false)
    clock.advance(1)
    expect(client.isClosing).toBe(true)
    clock.advance(9_999)
    expect(codeOf(reasons[0])).toBe('ASTRA_ERR_PEER_DEAD')
    expect(clock.timers).toBe(0)
  })

  it('finds out although it writes a little every second and the system takes it', () => {
    const { clock, client, near, far } = world()
    near.isDelivering = far.isDelivering = false
    const stream = client.tryOpenStream()
    for (let second = 0; second < 15; second++) {
      expect(client.isClosing).toBe(false)
      stream?.write(pattern(10))
      clock.advance(1_000)
    }
    expect(client.isClosing).toBe(true)
  })

  it('finds out 2 s after a probe, and not before', () => {
    const { clock, client, near, far, reasons } = world()
    near.isDelivering = far.isDelivering = false
    near.end = () => {}
    clock.advance(1_000)
    client.probe()
    clock.advance(1_000)
    // An earlier probe goes on.
    client.probe()
    clock.advance(999)
    expect(client.isClosing).toBe(false)
    expect(near.flight).toHaveLength(1)
    clock.advance(2)
    expect(client.isClosing).toBe(true)
    // The close leaves before the connection is broken.
    expect(near.flight).toHaveLength(2)
    expect(reasons[0]?.message).toContain('for 2000 ms')
    expect(near.isAborted).toBe(true)
    expect(codeOf(reasons[0])).toBe('ASTRA_ERR_PEER_DEAD')
  })

  it('finds out 2 s after this process was stopped for a minute, also when bytes of before waited', () => {
    const { clock, client, server, near, far } = world()
    near.isDelivering = far.isDelivering = false
    // The last that the peer sent, which waits in the system's buffer.
    server.tryOpenStream()?.write(pattern(100))
    clock.runDeferred()
    clock.skip(60_000)
    clock.fireTimers()
    far.deliver()
    clock.runDeferred()
    clock.advance(1_999)
    expect(client.isClosing).toBe(false)
    clock.advance(1)
    expect(client.isClosing).toBe(true)
  })

  it('finds out although it writes to a full pipe all the time', () => {
    const { clock, client, near } = world()
    near.isFull = true
    client.tryOpenStream()?.write(pattern(100_000))
    clock.advance(60_000)
    expect(client.isClosing).toBe(true)
  })
})

describe('a session that has credit to give', () => {
  it('answers first, also when the answer is written after the event', async () => {
    const { clock, client, near, far, accepted } = world()
    const stream = client.tryOpenStream()
    clock.runDeferred()
    accepted[0]?.handle({
      onData: (each) => queueMicrotask(() => each.write(pattern(10))),
      onEnd: () => undefined,
    })
    clock.runDeferred()
    near.isDelivering = far.isDelivering = false
    stream?.write(pattern(10_000))
    clock.runDeferred()
    near.deliver()
    expect(far.flight).toEqual([])
    await Promise.resolve()
    clock.runDeferred()
    // A record with the answer, and one with a MAX_STREAM_DATA.
    expect(far.flight).toHaveLength(2)
    expect(far.flight[0]?.length).toBeGreaterThan(10)
    expect(far.flight[1]?.[4]).toBe(0x11)
  })
})

describe('a session whose peer is there', () => {
  it('lives on when this process was stopped for a minute and the answer waits', () => {
    const { clock, client, far } = world()
    // A ping has just left, and its answer arrives while nobody runs.
    clock.advance(4_499)
    far.isDelivering = false
    clock.advance(1)
    expect(far.flight.length).toBeGreaterThan(0)
    clock.skip(60_000)
    // As in Node's event loop: timers, then what arrived, then what was deferred.
    clock.fireTimers()
    far.isDelivering = true
    far.deliver()
    clock.runDeferred()
    expect(client.isClosing).toBe(false)
    clock.advance(60_000)
    expect(client.isClosing).toBe(false)
  })

  it('is pinged by the side that dialed, and only answers, as long as the other side pings', () => {
    const { clock, near, far } = world()
    clock.advance(1_000)
    const sent = { near: 0, far: 0 }
    for (const [name, pipe] of Object.entries({ near, far })) {
      const { writev } = pipe
      pipe.writev = (chunks) => {
        sent[name as 'near'] += 1
        return writev.call(pipe, chunks)
      }
    }
    clock.advance(27_000)
    // A ping each 4.5 s, and an answer to each.
    expect(sent).toEqual({ near: 6, far: 6 })
    near.isDelivering = far.isDelivering = false
    clock.advance(5_000)
    expect(sent.far).toBe(7)
  })

  it('lives on when it was stopped for a minute and the answer to the probe takes 1.9 s', () => {
    const { clock, client, near, far } = world()
    clock.advance(1_000)
    clock.skip(60_000)
    near.isDelivering = far.isDelivering = false
    clock.fireTimers()
    clock.runDeferred()
    clock.advance(1_900)
    near.isDelivering = far.isDelivering = true
    near.deliver()
    clock.runDeferred()
    clock.advance(60_000)
    expect(client.isClosing).toBe(false)
  })

  it('lives on when its loop was blocked, for however long, while the peer answered', () => {
    for (const blockedMs of [900, 3_000, 6_000, 9_000, 30_000]) {
      const { clock, client, far } = world()
      clock.advance(4_499)
      far.isDelivering = false
      clock.advance(1)
      expect(far.flight.length).toBeGreaterThan(0)
      clock.skip(blockedMs)
      clock.fireTimers()
      far.isDelivering = true
      far.deliver()
      clock.runDeferred()
      clock.advance(60_000)
      expect(client.isClosing, `blocked for ${blockedMs} ms`).toBe(false)
    }
  })

  it('lives on while a full pipe takes bytes and nothing arrives', () => {
    const { clock, client, near, far } = world()
    near.isFull = true
    far.isDelivering = near.isDelivering = false
    // The other end hears nothing and gives up; nothing of that arrives.
    far.abort = far.end = () => {}
    for (let i = 0; i < 60; i++) client.tryOpenStream()?.write(pattern(16_000))
    clock.runDeferred()
    for (let i = 0; i < 16; i++) {
      clock.advance(7_500)
      near.drain()
    }
    expect(near.flight.length).toBeGreaterThan(15)
    expect(client.isClosing).toBe(false)
  })

  it('lives on while bytes trickle through a slow pipe', () => {
    const { clock, client, near, far } = world()
    far.isDelivering = false
    for (let i = 0; i < 40; i++) {
      clock.advance(7_500)
      near.deliver()
      far.deliver(1)
    }
    expect(client.isClosing).toBe(false)
  })

  it('lives through a suspension of an hour, and its pings measure nothing of it', async () => {
    const { clock, client, server, near, far } = world()
    clock.advance(500)
    far.isDelivering = near.isDelivering = false
    const ping = client.ping()
    clock.runDeferred()
    for (const pipe of [near, far]) pipe.handler.onSuspend?.()
    clock.advance(3_600_000)
    expect([client.isClosing, server.isClosing]).toEqual([false, false])
    for (const pipe of [near, far]) pipe.handler.onResume?.()
    far.isDelivering = near.isDelivering = true
    near.deliver()
    clock.runDeferred()
    far.deliver()
    clock.runDeferred()
    expect(await ping).toBe(0)
    clock.advance(60_000)
    expect([client.isClosing, server.isClosing]).toEqual([false, false])
  })
})

describe('a record that does not end', () => {
  it('has its own deadline, also when pings keep the session alive', () => {
    const { clock, client, near, far } = world({ recordTimeoutMs: 30_000 })
    far.isDelivering = false
    near.handler.onData(new Uint8Array([0x44, 0x00, 0x04, 0x43, 0xff]))
    for (let i = 0; i < 29; i++) {
      clock.advance(1_000)
      near.handler.onData(new Uint8Array([0]))
    }
    expect(client.isClosing).toBe(false)
    clock.advance(1_001)
    expect(client.isClosing).toBe(true)
  })

  it('has it without any other timer as well', () => {
    const { clock, client, near } = world({ recordTimeoutMs: 30_000, keepAliveIntervalMs: 0 })
    clock.advance(1_000)
    near.handler.onData(new Uint8Array([0x44, 0x00, 0x04]))
    clock.advance(30_001)
    expect(client.isClosing).toBe(true)
  })
})

describe('a session that closes', () => {
  it('breaks the connection when the peer does not answer in time, and tells everyone', () => {
    const { clock, client, near, far, reasons } = world({ closeTimeoutMs: 500 })
    const recorder = new Recorder(client.tryOpenStream())
    clock.runDeferred()
    far.end = () => {}
    client.close()
    clock.runDeferred()
    expect(recorder.closeError).toMatchObject({ code: 'ECONNABORTED' })
    expect(reasons).toEqual([])
    clock.advance(499)
    expect(near.isAborted).toBe(false)
    clock.advance(1)
    expect(near.isAborted).toBe(true)
    expect(reasons).toEqual([undefined])
    expect(clock.timers).toBeLessThanOrEqual(1)
  })

  it('ends also when it was full and never drains', () => {
    const { clock, client, near, reasons } = world()
    near.isFull = true
    const stream = client.tryOpenStream() as Stream
    const recorder = new Recorder(stream)
    stream.writeReferenced(pattern(100_000))
    clock.runDeferred()
    client.close(4, 'cannot wait')
    clock.runDeferred()
    expect(recorder.events).toEqual(['stop', 'reset'])
    clock.advance(3_000)
    expect(recorder.events).toEqual(['stop', 'reset', 'flushed', 'close'])
    expect(reasons).toEqual([undefined])
  })

  it('says its code to the peer once the pipe drains', () => {
    const { clock, client, server, near } = world()
    near.isFull = true
    client.tryOpenStream()?.write(pattern(100_000))
    clock.runDeferred()
    client.close(4, 'cannot wait')
    clock.runDeferred()
    near.isFull = false
    near.drain()
    clock.runDeferred()
    expect(server.isClosing).toBe(true)
  })

  it('leaves no timer behind when the connection breaks', () => {
    const { clock, client, near, far } = world()
    client.tryOpenStream()
    near.abort(new Error('cable cut'))
    clock.runDeferred()
    expect([near.isAborted, far.isAborted]).toEqual([true, true])
    expect(client.isClosed).toBe(true)
    expect(clock.timers).toBe(0)
  })

  it('lets late readers finish, and tells them that the stream is over', () => {
    const { clock, client, accepted, near } = world()
    const stream = client.tryOpenStream() as Stream
    stream.write(bytesOf('whole'))
    stream.end()
    clock.runDeferred()
    near.abort(new Error('cable cut'))
    clock.runDeferred()
    const late = new Recorder(accepted[0])
    clock.runDeferred()
    expect(late.text).toBe('whole')
    expect(late.events).toEqual(['stop', 'data', 'end', 'close'])
  })

  it('tells a hundred thousand streams without holding up the event loop', () => {
    const { clock, client, accepted, near } = world()
    let closed = 0
    const handler = { onData: () => {}, onEnd: () => {}, onClose: () => void (closed += 1) }
    for (let opened = 0; opened < 100_000;) {
      const stream = client.tryOpenStream()
      if (stream === undefined) clock.runDeferred()
      else {
        stream.handle(handler)
        opened += 1
      }
    }
    clock.runDeferred()
    expect(accepted).toHaveLength(100_000)
    near.abort(new Error('cable cut'))
    let largest = 0
    let before = 0
    const { defer } = clock
    clock.defer = (callback) =>
      defer.call(clock, () => {
        callback()
        largest = Math.max(largest, closed - before)
        before = closed
      })
    clock.runDeferred()
    expect(closed).toBe(100_000)
    expect(largest).toBeLessThanOrEqual(2_000)
  })
})

describe('the idle timeout', () => {
  it('is the smaller one of both sides, and ends both', () => {
    const { clock, client, server } = world({ idleTimeoutMs: 5_000, keepAliveIntervalMs: 0 })
    clock.advance(4_900)
    expect(client.isClosing).toBe(false)
    client.tryOpenStream()
    clock.runDeferred()
    clock.advance(4_900)
    expect(client.isClosing).toBe(false)
    clock.advance(101)
    expect([client.isClosing, server.isClosing]).toEqual([true, true])
  })
})
