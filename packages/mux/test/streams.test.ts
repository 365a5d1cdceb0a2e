import { describe, expect, it } from 'vitest'
import type { Stream } from '../src/proto/stream/stream.js'
import { checkInvariants, connectedPair, type Pair, type Side } from './support/pair.js'
import { bytesOf, pattern, Recorder } from './support/recorder.js'

/** A stream seen from both ends, each with a recorder. */
function openStream(
  pair: Pair,
  isUnidirectional = false,
): { a: Stream; b: Stream; ra: Recorder; rb: Recorder } {
  const a = pair.client.open(isUnidirectional)
  const ra = new Recorder(a)
  pair.run()
  const b = pair.server.accepted.at(-1) as Stream
  return { a, b, ra, rb: new Recorder(b) }
}

function errorCode(error: Error | undefined): string | undefined {
  return (error as { code?: string } | undefined)?.code
}

/** Everything a session had given out has come back. */
function expectNothingLeft(...sides: Side[]): void {
  for (const side of sides) {
    const { receiveWindow, streams, options } = side.core
    expect(streams.size).toBe(0)
    expect(receiveWindow.unreadBytes).toBe(0)
    expect(receiveWindow.overheadBytes).toBe(0)
    expect(receiveWindow.growthBytes).toBe(0)
    expect(options.memoryBudget.reservedBytes).toBe(receiveWindow.outstandingBytes)
    expect(side.core.sendBufferedBytes).toBe(0)
  }
}

describe('a stream', () => {
  it('is known to the peer before anything was written', () => {
    const pair = connectedPair()
    pair.client.open()
    pair.client.open(true)
    pair.run()
    expect(pair.server.accepted.map((stream) => stream.id)).toEqual([0, 2])
  })

  it('that is destroyed before the peer knows of it leaves no trace: its id is used for the next one', () => {
    const pair = connectedPair()
    const recorders = Array.from({ length: 3_000 }, () => {
      const stream = pair.client.open()
      const recorder = new Recorder(stream)
      stream.write(pattern(100))
      stream.write(pattern(5_000))
      stream.destroy(7)
      return recorder
    })
    const live = openStream(pair)
    live.a.write(bytesOf('here'))
    pair.run()
    expect(recorders.every(({ events }) => events.join() === 'close')).toBe(true)
    expect(pair.server.accepted.map((stream) => stream.id)).toEqual([live.a.id])
    expect(live.rb.text).toBe('here')
    expect(pair.server.core.isClosing).toBe(false)
    live.a.destroy()
    live.b.destroy()
    pair.run()
    expectNothingLeft(pair.client, pair.server)
    // Ids that were given back are used before new ones, so that the peer has no gap to remember.
    expect(new Set(Array.from({ length: 3_000 }, () => pair.client.open().id)).size).toBe(3_000)
    expect(pair.client.core.limits.localBidi.opened).toBeLessThanOrEqual(3_001)
  })

  it('carries bytes both ways and ends each way apart', () => {
    const pair = connectedPair()
    const { a, b, ra, rb } = openStream(pair)
    a.write(bytesOf('question'))
    a.end()
    pair.run()
    expect(rb.events).toEqual(['data', 'end'])
    expect(ra.events).toEqual([])
    b.write(bytesOf('answer'))
    b.end()
    pair.run()
    expect([rb.text, ra.text]).toEqual(['question', 'answer'])
    expect(ra.events).toEqual(['data', 'end', 'close'])
    expect(rb.events).toEqual(['data', 'end', 'close'])
    expect([ra.closeError, rb.closeError]).toEqual([undefined, undefined])
    expectNothingLeft(pair.client, pair.server)
  })

  it('in one direction ends with that direction', () => {
    const pair = connectedPair()
    const { a, ra, rb, b } = openStream(pair, true)
    expect([a.canReceive, b.canSend]).toEqual([false, false])
    a.write(bytesOf('news'))
    a.end()
    pair.run()
    expect(ra.events).toEqual(['close'])
    expect(rb.events).toEqual(['data', 'end', 'close'])
    expectNothingLeft(pair.client, pair.server)
  })

  it('keeps what arrives until it has a handler, also when it was resumed before', () => {
    const pair = connectedPair()
    const a = pair.client.open()
    a.write(bytesOf('early'))
    pair.run()
    const b = pair.server.accepted[0] as Stream
    b.resume()
    a.write(bytesOf(' bird'))
    pair.run()
    expect(new Recorder(b).text).toBe('early bird')
  })

  it('takes bytes again as its window is consumed', () => {
    const pair = connectedPair()
    const { a, rb } = openStream(pair)
    const sent = pattern(1_000_000)
    a.write(sent)
    a.end()
    pair.run(() => 5_000)
    expect(Buffer.compare(rb.bytes, sent)).toBe(0)
    expect(rb.events.at(-1)).toBe('end')
  })

  it('tells of a reset with its code', () => {
    const pair = connectedPair()
    const { a, ra, rb, b } = openStream(pair)
    a.write(pattern(100_000))
    b.pause()
    pair.run()
    a.reset(77)
    pair.run()
    expect(rb.events).toEqual(['reset'])
    expect(rb.resetError).toMatchObject({ code: 'ECONNRESET', applicationCode: 77 })
    expect(a.bufferedBytes).toBe(0)
    b.end()
    pair.run()
    expect(errorCode(rb.closeError)).toBe('ECONNRESET')
    // Reset from here: no error.
    expect(ra.events).toEqual(['end', 'close'])
    expect(ra.closeError).toBe(undefined)
    expectNothingLeft(pair.client, pair.server)
  })

  it('tells a writer that the peer stopped reading, and resets with the same code', () => {
    const pair = connectedPair()
    const { a, b, ra, rb } = openStream(pair)
    a.write(pattern(100_000))
    b.pause()
    pair.run()
    b.stopSending(5)
    pair.run()
    expect(ra.events).toEqual(['stop'])
    expect(ra.stopError).toMatchObject({ code: 'EPIPE', applicationCode: 5 })
    expect(a.write(bytesOf('more'))).toBe(false)
    b.end()
    pair.run()
    expect(errorCode(ra.closeError)).toBe('EPIPE')
    // Stopped from here: the reset that answers is no error.
    expect(rb.events).toEqual(['close'])
    expect(rb.closeError).toBe(undefined)
    expectNothingLeft(pair.client, pair.server)
  })

  it('that the peer destroyed is EPIPE for the writer and ECONNRESET for the reader', () => {
    const pair = connectedPair()
    const { a, b, ra, rb } = openStream(pair)
    b.destroy(9)
    pair.run()
    expect(ra.events).toEqual(['stop', 'reset', 'close'])
    expect(errorCode(ra.stopError)).toBe('EPIPE')
    expect(errorCode(ra.resetError)).toBe('ECONNRESET')
    expect(rb.events).toEqual(['close'])
    expect(rb.closeError).toBe(undefined)
    expect(a.isClosed && b.isClosed).toBe(true)
    expectNothingLeft(pair.client, pair.server)
  })

  it('that is destroyed while it ends and has been heard out keeps its clean end', () => {
    const pair = connectedPair()
    const { a, b, ra, rb } = openStream(pair)
    a.end()
    b.end()
    pair.run()
    a.destroy()
    b.destroy()
    pair.run()
    expect([...ra.events, ...rb.events]).toEqual(['end', 'close', 'end', 'close'])
    expectNothingLeft(pair.client, pair.server)
  })

  it('says that a write has drained once half of the high-water mark is left, before its close', () => {
    const pair = connectedPair({ client: { sendHighWaterMarkBytes: 1_000 } })
    const { a, b, ra } = openStream(pair)
    b.end()
    pair.run()
    expect(a.write(pattern(999))).toBe(true)
    expect(a.write(pattern(1))).toBe(false)
    a.end()
    pair.run()
    expect(ra.events).toEqual(['end', 'writable', 'close'])
  })

  it('gives referenced bytes back only when the connection has taken them, and closes after that', () => {
    const pair = connectedPair()
    const { a, b, ra, rb } = openStream(pair)
    b.end()
    pair.run()
    const bytes = pattern(10_000)
    pair.client.isBlocked = true
    expect(a.writeReferenced(bytes)).toBe(true)
    expect(a.isFlushOwed).toBe(true)
    a.end()
    pair.run()
    expect(ra.events).toEqual(['end'])
    pair.client.isBlocked = false
    pair.client.take(0)
    expect(ra.events).toEqual(['end', 'flushed'])
    bytes.fill(0)
    pair.run()
    expect(ra.events).toEqual(['end', 'flushed', 'close'])
    expect(Buffer.compare(rb.bytes, pattern(10_000))).toBe(0)
  })

  it('gives referenced bytes back after a reset as well', () => {
    const pair = connectedPair()
    const { a, ra } = openStream(pair)
    pair.client.isBlocked = true
    a.writeReferenced(pattern(100_000))
    pair.run()
    a.reset()
    expect(ra.events).toEqual([])
    pair.client.isBlocked = false
    pair.run()
    expect(ra.events).toEqual(['flushed'])
  })

  it('gives referenced bytes back also when it goes before the peer has heard of it', () => {
    const pair = connectedPair()
    const a = pair.client.open()
    const recorder = new Recorder(a)
    a.writeReferenced(pattern(100_000))
    a.destroy()
    pair.run()
    expect(recorder.events).toEqual(['flushed', 'close'])
    expectNothingLeft(pair.client, pair.server)
  })

  it('copies small writes at once', () => {
    const pair = connectedPair()
    const { a, rb } = openStream(pair)
    const bytes = bytesOf('original')
    a.writeReferenced(bytes)
    expect(a.isFlushOwed).toBe(false)
    bytes.fill(0)
    pair.run()
    expect(rb.text).toBe('original')
  })
})

describe('credit', () => {
  it('is withheld while a stream is paused and returns when it resumes', () => {
    const pair = connectedPair()
    const { a, b, rb } = openStream(pair)
    b.pause()
    a.write(pattern(100_000))
    pair.run()
    expect(b.unreadBytes).toBe(16_384)
    expect(rb.events).toEqual([])
    b.resume()
    pair.run()
    expect(rb.bytes.length).toBe(100_000)
    checkInvariants(pair.server)
  })

  it('returns by consume when it is manual, and never twice', () => {
    const pair = connectedPair()
    const { a, b, rb } = openStream(pair)
    b.manualCredit = true
    a.write(pattern(100_000))
    pair.run()
    expect(rb.bytes.length).toBe(16_384)
    expect(() => b.consume(16_385)).toThrow(RangeError)
    b.consume(10_000)
    pair.run()
    expect(rb.bytes.length).toBe(26_384)
    b.manualCredit = false
    pair.run()
    expect(rb.bytes.length).toBe(100_000)
    expect(b.unreadBytes).toBe(0)
    checkInvariants(pair.server)
  })

  it('is counted once when a handler consumes although credit is automatic', () => {
    const pair = connectedPair()
    const { a, b } = openStream(pair)
    const recorder = new Recorder()
    b.handle({
      onData(stream, chunk) {
        stream.consume(chunk.length)
        recorder.onData(stream, chunk)
      },
      onEnd: () => {},
    })
    a.write(pattern(50_000))
    pair.run()
    expect(recorder.bytes.length).toBe(50_000)
    expect(b.unreadBytes).toBe(0)
    checkInvariants(pair.server)
  })

  it('is not given for a stream that only this side sends on', () => {
    const pair = connectedPair()
    const a = pair.client.open(true)
    a.consume(0)
    a.requireAtLeast(100_000)
    pair.run()
    expect(pair.client.core.closeReason).toBe(undefined)
  })

  it('can be had for a message larger than the window', () => {
    const pair = connectedPair()
    const { a, b, rb } = openStream(pair)
    b.manualCredit = true
    a.write(pattern(102_400))
    pair.run()
    b.requireAtLeast(102_400)
    pair.run()
    expect(rb.bytes.length).toBe(102_400)
    checkInvariants(pair.server)
    b.consume(102_400)
    pair.run()
    checkInvariants(pair.server)
  })

  it('that was required and the pool has not now is given as soon as it has', () => {
    const limits = { maxReceiveBufferBytes: 262_144 }
    const pair = connectedPair({ server: limits })
    const first = openStream(pair)
    const second = openStream(pair)
    for (const { a, b } of [first, second]) {
      b.manualCredit = true
      a.write(pattern(131_072))
    }
    first.b.requireAtLeast(120_000)
    second.b.requireAtLeast(100_000)
    pair.run()
    checkInvariants(pair.server)
    expect(first.rb.bytes.length).toBeGreaterThanOrEqual(120_000)
    expect(second.rb.bytes.length).toBeLessThan(100_000)
    first.b.consume(first.b.unreadBytes)
    pair.run()
    checkInvariants(pair.server)
    expect(second.rb.bytes.length).toBeGreaterThanOrEqual(100_000)
  })

  it('comes back from streams that are stopped, reset or dropped with unread bytes', () => {
    const pair = connectedPair()
    const streams = Array.from({ length: 6 }, () => openStream(pair))
    for (const { a, b } of streams) {
      b.pause()
      a.write(pattern(30_000))
    }
    pair.run()
    checkInvariants(pair.server)
    streams[0]?.b.stopSending()
    streams[1]?.a.reset()
    streams[2]?.b.destroy()
    streams[3]?.a.destroy()
    streams[4]?.b.stopSending()
    streams[4]?.a.reset()
    pair.run()
    checkInvariants(pair.server)
    for (const { a, b } of streams) {
      b.resume()
      a.end()
      b.end()
      a.stopSending()
    }
    pair.run()
    expectNothingLeft(pair.client, pair.server)
  })

  it('is kept back for urgency 0 while bulk is blocked', () => {
    const pair = connectedPair({ server: { maxReceiveBufferBytes: 65_536, unreadGraceMs: 2 ** 31 - 1 } })
    for (let i = 0; i < 4; i++) {
      const { a, b } = openStream(pair)
      b.pause()
      a.write(pattern(16_384))
    }
    pair.run()
    const urgent = pair.client.open(false, 0)
    urgent.write(bytesOf('now'))
    pair.run()
    expect(new Recorder(pair.server.accepted.at(-1)).text).toBe('now')
  })
})

describe('the peer’s streams', () => {
  it('wait for MAX_STREAMS, and a burst of 10,000 opens all get through', () => {
    const pair = connectedPair()
    let opened = 0
    while (opened < 10_000) {
      if (pair.client.core.open(false, 3) !== undefined) opened += 1
      else pair.run()
    }
    pair.run()
    expect(pair.server.accepted).toHaveLength(10_000)
  })

  it('that come while the session drains are refused, and the rest may finish', () => {
    const pair = connectedPair()
    const { a, b, rb } = openStream(pair)
    pair.server.core.drain()
    const late = new Recorder(pair.client.open())
    pair.run()
    expect(pair.server.accepted).toHaveLength(1)
    expect(late.events).toEqual(['stop', 'reset', 'close'])
    a.write(bytesOf('last words'))
    a.end()
    b.end()
    pair.run()
    expect(rb.text).toBe('last words')
    expect(pair.server.events.at(-1)).toBe('idle')
    expect(pair.server.core.streams.size).toBe(0)
  })
})

describe('a handler', () => {
  it('that throws loses its stream, and nothing else happens', () => {
    const pair = connectedPair()
    const broken = openStream(pair)
    const fine = openStream(pair)
    const failure = new Error('of the application')
    let closedWith: Error | undefined
    broken.b.handle({
      onData: () => {
        throw failure
      },
      onEnd: () => {},
      onClose: (_stream, error) => void (closedWith = error),
    })
    broken.a.write(bytesOf('x'))
    fine.a.write(bytesOf('y'))
    pair.run()
    expect(pair.server.thrown).toEqual([failure])
    expect(broken.ra.events).toEqual(['stop', 'reset', 'close'])
    expect(closedWith).toBe(failure)
    expect(fine.rb.text).toBe('y')
    checkInvariants(pair.server)
  })

  it('given later is told what has happened already', () => {
    const pair = connectedPair()
    const stopped = openStream(pair)
    stopped.b.stopSending(3)
    const ended = openStream(pair)
    ended.b.end()
    const reset = pair.client.open()
    reset.write(bytesOf('gone'))
    pair.run()
    reset.destroy(4)
    pair.run()
    expect(new Recorder(stopped.a).events).toEqual(['stop'])
    expect(new Recorder(ended.a).events).toEqual(['end'])
    const late = new Recorder(pair.server.accepted.at(-1))
    pair.run()
    expect(late.events).toEqual(['stop', 'reset', 'close'])
    expect(late.resetError).toMatchObject({ applicationCode: 4 })
  })

  it('can hand the stream over from inside onData', () => {
    const pair = connectedPair()
    const { a, b } = openStream(pair)
    const second = new Recorder()
    b.handle({ onData: (stream) => stream.handle(second), onEnd: () => {} })
    a.write(bytesOf('header'))
    pair.run()
    a.write(bytesOf('body'))
    a.end()
    pair.run()
    expect(second.text).toBe('body')
    expect(second.events).toEqual(['data', 'end'])
  })

  it('can pause, resume and consume from inside onData', () => {
    const pair = connectedPair()
    const { a, b } = openStream(pair)
    const recorder = new Recorder()
    b.manualCredit = true
    b.handle({
      onData(stream, chunk) {
        stream.pause()
        recorder.onData(stream, chunk)
        stream.consume(chunk.length)
        stream.resume()
      },
      onEnd: () => recorder.onEnd(),
    })
    const sent = pattern(300_000)
    a.write(sent)
    a.end()
    pair.run(() => 3_333)
    expect(Buffer.compare(recorder.bytes, sent)).toBe(0)
    expect(recorder.events.at(-1)).toBe('end')
  })
})

describe('unread streams', () => {
  const limits = { maxReceiveBufferBytes: 262_144, unreadGraceMs: 1_000, evictionCode: 66 }

  function fill(pair: Pair, isDelivered: boolean): { ra: Recorder; rb: Recorder; b: Stream }[] {
    const streams = Array.from({ length: 24 }, () => openStream(pair))
    for (const { a, b } of streams) {
      if (isDelivered) b.manualCredit = true
      else b.pause()
      a.write(pattern(16_384))
    }
    pair.run()
    return streams
  }

  for (const isDelivered of [false, true]) {
    const what = isDelivered ? 'delivered and never consumed' : 'never delivered'
    it(`are evicted after the grace, the longest unread first, so that the rest moves (${what})`, () => {
      const pair = connectedPair({ server: limits })
      const streams = fill(pair, isDelivered)
      expect(pair.server.events).toContain('pressure')
      checkInvariants(pair.server)
      const [oldest] = pair.server.core.unread.list()
      expect(oldest?.id).toBe(0)
      pair.advance(999)
      expect(streams[0]?.rb.events).not.toContain('reset')
      pair.advance(5_000)
      expect(streams[0]?.rb.resetError).toMatchObject({ code: 'ASTRA_ERR_STREAM_EVICTED' })
      expect(streams[0]?.ra.resetError).toMatchObject({ applicationCode: 66 })
      expect(streams[23]?.rb.events).not.toContain('reset')
      checkInvariants(pair.server)
      const fresh = openStream(pair)
      fresh.a.write(pattern(200_000))
      pair.run()
      pair.advance(5_000)
      expect(fresh.rb.bytes.length).toBe(200_000)
      checkInvariants(pair.server)
    })
  }

  it('that were evicted without a handler tell the one they get later', () => {
    const pair = connectedPair({ server: limits })
    for (let i = 0; i < 24; i++) pair.client.open().write(pattern(16_384))
    pair.run()
    pair.advance(5_000)
    const late = new Recorder(pair.server.accepted[0])
    expect(late.resetError).toMatchObject({ code: 'ASTRA_ERR_STREAM_EVICTED' })
  })
})
