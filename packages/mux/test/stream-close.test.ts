import { describe, expect, it } from 'vitest'
import type { Stream } from '../src/proto/stream/stream.js'
import { checkInvariants, connectedPair, type Pair } from './support/pair.js'
import { bytesOf, pattern, Recorder } from './support/recorder.js'

const KEPT_BYTES = 2 * 524_288

interface Opened {
  readonly a: Stream
  readonly b: Stream
  readonly ra: Recorder
  readonly rb: Recorder
}

function openStream(pair: Pair): Opened {
  const a = pair.client.open()
  const ra = new Recorder(a)
  pair.run()
  const b = pair.server.accepted.at(-1) as Stream
  return { a, b, ra, rb: new Recorder(b) }
}

describe('a stream that is closed', () => {
  it('delivers what was written, then ends, and stops reading', () => {
    const pair = connectedPair()
    const { a, b, ra, rb } = openStream(pair)
    b.write(bytesOf('unread'))
    a.write(bytesOf('last words'))
    a.close(7)
    a.close(8)
    pair.run()
    expect(rb.text).toBe('last words')
    expect(rb.events).toEqual(['stop', 'data', 'end', 'close'])
    expect(rb.stopError).toMatchObject({ code: 'EPIPE', applicationCode: 7 })
    expect(ra.events).toEqual(['close'])
    expect(pair.client.core.streams.size).toBe(0)
    checkInvariants(pair.client)
  })

  it('takes its time: what has no credit yet goes out as credit comes', () => {
    const pair = connectedPair()
    const { a, b, rb } = openStream(pair)
    b.pause()
    const sent = pattern(KEPT_BYTES)
    a.write(sent)
    a.close()
    pair.run()
    expect(a.bufferedBytes).toBeGreaterThan(900_000)
    b.resume()
    pair.run()
    expect(Buffer.compare(rb.bytes, sent)).toBe(0)
    expect(rb.events).toEqual(['stop', 'data', 'end', 'close'])
  })

  it.each([KEPT_BYTES + 1, 5_000_000])('with %i bytes delivers what is kept and then resets', (bytes) => {
    const pair = connectedPair()
    const { a, rb } = openStream(pair)
    const sent = pattern(bytes)
    a.write(sent)
    a.close(9)
    pair.run()
    expect(rb.bytes.length).toBe(KEPT_BYTES)
    expect(Buffer.compare(rb.bytes, sent.subarray(0, KEPT_BYTES))).toBe(0)
    expect(rb.resetError).toMatchObject({ code: 'ECONNRESET', applicationCode: 9 })
    expect(rb.events).not.toContain('end')
    checkInvariants(pair.client)
    checkInvariants(pair.server)
  })

  it('keeps all that was ended before, whatever else the session has to send', () => {
    const pair = connectedPair({ client: { maxSendBufferBytes: 8_000_000 } })
    const { a, b, rb } = openStream(pair)
    b.pause()
    a.write(pattern(3_000_000))
    a.end()
    const other = openStream(pair)
    other.b.pause()
    other.a.write(pattern(7_900_000))
    a.close()
    pair.run()
    b.resume()
    pair.run()
    expect(rb.bytes.length).toBe(3_000_000)
    expect(rb.events).toContain('end')
  })

  it('is reset, the oldest first, when closed streams without credit hold more than the session’s send buffer', () => {
    const pair = connectedPair({ client: { maxSendBufferBytes: 2_000_000 } })
    const streams = Array.from({ length: 10 }, () => openStream(pair))
    for (const { b } of streams) b.pause()
    for (const { a } of streams) {
      a.write(pattern(500_000))
      a.close()
      pair.run()
      expect(pair.client.core.sendBufferedBytes).toBeLessThan(2_000_000)
    }
    const ends = streams.map(({ b, rb }) => {
      b.resume()
      pair.run()
      return rb.events.includes('end') ? 'end' : rb.resetError?.message.slice(-6)
    })
    expect(ends).toEqual([...Array<string>(6).fill('code 0'), ...Array<string>(4).fill('end')])
  })

  it('refers to no buffer of the caller once the flush in flight was accepted', () => {
    const pair = connectedPair()
    const { a, b, ra, rb } = openStream(pair)
    b.pause()
    const sent = pattern(400_000)
    const copy = sent.slice()
    a.writeReferenced(sent)
    a.close()
    pair.run()
    expect(ra.events).toContain('flushed')
    sent.fill(0)
    b.resume()
    pair.run()
    expect(Buffer.compare(rb.bytes, copy)).toBe(0)
  })

  it('gives up what waits when the peer stops reading', () => {
    const pair = connectedPair()
    const { a, b, rb } = openStream(pair)
    b.pause()
    a.write(pattern(400_000))
    a.close()
    pair.run()
    b.stopSending()
    pair.run()
    expect(rb.events).not.toContain('end')
    expect(pair.client.core.sendBufferedBytes).toBe(0)
    b.end()
    pair.run()
    expect([pair.client.core.streams.size, pair.server.core.streams.size]).toEqual([0, 0])
  })

  it('and was ended or reset before stays so', () => {
    const pair = connectedPair()
    const ended = openStream(pair)
    ended.a.write(bytesOf('all'))
    ended.a.end()
    ended.a.close()
    pair.run()
    expect(ended.rb.events).toEqual(['stop', 'data', 'end', 'close'])
    const reset = openStream(pair)
    reset.a.write(bytesOf('nothing'))
    reset.a.reset(3)
    reset.a.close()
    pair.run()
    expect(reset.rb.resetError).toMatchObject({ applicationCode: 3 })
    expect(reset.rb.bytes.length).toBe(0)
  })

  it('of one direction ends that, or stops reading it', () => {
    const pair = connectedPair()
    const near = pair.client.open(true)
    near.write(bytesOf('one way'))
    near.close()
    pair.run()
    const far = new Recorder(pair.server.accepted.at(-1))
    pair.run()
    expect(far.events).toEqual(['data', 'end', 'close'])
    const other = pair.client.open(true)
    const sender = new Recorder(other)
    pair.run()
    pair.server.accepted.at(-1)?.close()
    pair.run()
    expect(sender.events).toContain('stop')
  })

  it('refuses a wrong code', () => {
    const pair = connectedPair()
    expect(() => openStream(pair).a.close(-1)).toThrow(RangeError)
  })
})

describe('a stream whose handler throws', () => {
  it('is destroyed with the code for faults of this side, and the exception surfaces', () => {
    const pair = connectedPair({ server: { internalErrorCode: 6, evictionCode: 4 } })
    const a = pair.client.open()
    const ra = new Recorder(a)
    pair.run()
    const mine = new Error('mine')
    pair.server.accepted.at(-1)?.handle({
      onData: () => {
        throw mine
      },
      onEnd: () => {},
    })
    a.write(bytesOf('x'))
    pair.run()
    expect(pair.server.thrown).toEqual([mine])
    expect(ra.resetError).toMatchObject({ code: 'ECONNRESET', applicationCode: 6 })
    expect(ra.stopError).toMatchObject({ code: 'EPIPE', applicationCode: 6 })
    expect(pair.server.core.isClosing).toBe(false)
  })
})

describe('a write that only credit holds up', () => {
  it('is copied after 5 ms and called back, and not before', () => {
    const pair = connectedPair()
    const { a, b, ra, rb } = openStream(pair)
    b.pause()
    const sent = pattern(500_000)
    const copy = sent.slice()
    a.writeReferenced(sent)
    pair.run()
    expect(ra.events).toEqual([])
    pair.advance(4)
    expect(ra.events).toEqual([])
    pair.advance(2)
    expect(ra.events).toEqual(['flushed'])
    sent.fill(0)
    b.resume()
    pair.run()
    expect(Buffer.compare(rb.bytes, copy)).toBe(0)
    checkInvariants(pair.client)
  })

  it('is not when the session’s credit is what is missing, either', () => {
    const pair = connectedPair({ server: { maxReceiveBufferBytes: 65_536 } })
    const { a, b, ra } = openStream(pair)
    b.pause()
    b.requireAtLeast(32_768)
    pair.run()
    a.writeReferenced(pattern(300_000))
    pair.run()
    pair.advance(10)
    expect(ra.events).toEqual(['flushed'])
  })

  it('waits when more is left than is kept of one stream', () => {
    const pair = connectedPair()
    const { a, b, ra } = openStream(pair)
    b.pause()
    a.writeReferenced(pattern(KEPT_BYTES + 16_385))
    pair.run()
    pair.advance(1_000)
    expect(ra.events).toEqual([])
    b.resume()
    pair.run()
    expect(ra.events).toContain('flushed')
  })

  it('waits while the connection is what holds it up', () => {
    const pair = connectedPair()
    const { a, ra } = openStream(pair)
    pair.client.isBlocked = true
    a.writeReferenced(pattern(10_000))
    pair.run()
    pair.advance(100)
    expect(ra.events).toEqual([])
    pair.client.isBlocked = false
    pair.client.take(pair.now)
    pair.run()
    expect(ra.events).toEqual(['flushed'])
  })
})

describe('a stream that is widened', () => {
  it('lets its peer write 256 KiB although nobody reads', () => {
    const pair = connectedPair()
    const { a, b, rb } = openStream(pair)
    b.pause()
    a.write(pattern(400_000))
    pair.run()
    expect(b.unreadBytes).toBe(16_384)
    b.widen()
    b.widen()
    pair.run()
    expect(b.unreadBytes).toBe(262_144)
    checkInvariants(pair.server)
    b.resume()
    pair.run()
    expect(rb.bytes.length).toBe(400_000)
    checkInvariants(pair.server)
  })

  it('only as long as half of the growth pool is free', () => {
    const pair = connectedPair({ server: { maxReceiveBufferBytes: 4 * 1_048_576 } })
    const streams = Array.from({ length: 10 }, () => openStream(pair))
    for (const { b } of streams) {
      b.pause()
      b.widen()
    }
    // A quarter of 4 MiB, in windows of 240 KiB beyond the first.
    const wide = streams.filter(({ b }) => b.receiveLimit === 262_144)
    expect(wide.length).toBe(4)
    checkInvariants(pair.server)
  })

  it('has no effect on one that has ended', () => {
    const pair = connectedPair()
    const { a, b } = openStream(pair)
    a.end()
    pair.run()
    b.widen()
    expect(b.receiveLimit).toBe(16_384)
    checkInvariants(pair.server)
  })
})
