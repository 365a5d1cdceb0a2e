import { describe, expect, it } from 'vitest'
import type { SessionError } from '../../src/proto/session/errors.js'
import type { Stream } from '../../src/proto/stream/stream.js'
import { frames, record, type FrameWriter } from '../conformance/frames.js'
import { names, Wire } from '../conformance/wire.js'

const { stream, reset, stop } = frames

/** Opens stream `i` and gives it up in the same chunk. */
type Attack = (i: number) => FrameWriter[]

const openAndReset: Attack = (i) => [stream(4 * i, 0, 'GET /'), reset(4 * i, 0, 5)]
const openAndStop: Attack = (i) => [stream(4 * i, 0, 'GET /', true), stop(4 * i, 0)]

/** Runs an attack until the session ends, at most `count` times; returns how often it worked. */
function run(wire: Wire, attack: Attack, range: { from?: number; count: number }): number {
  const { from = 0, count } = range
  for (let i = from; i < from + count; i++) {
    wire.send(...attack(i))
    if (wire.core.isClosing) return i - from
    wire.sent()
  }
  return count
}

function expectAbuse(wire: Wire): void {
  expect((wire.core.closeReason as SessionError).code).toBe('ASTRA_ERR_ABUSE')
  wire.expectClosedWith('PROTOCOL_VIOLATION')
}

/** Opens `count` streams that the application takes, in one chunk. */
function openAccepted(wire: Wire, count: number): void {
  wire.receive(record(...Array.from({ length: count }, (_, i) => stream(4 * i, 0, 'x'))))
  wire.sent()
}

describe('rapid reset (CVE-2023-44487)', () => {
  it('ends a session with the 1,001st stream that is opened and reset at once', () => {
    const wire = new Wire()
    expect(run(wire, openAndReset, { count: 2_000 })).toBe(1_000)
    expectAbuse(wire)
  })

  it('is allowed 33 times a second after that', () => {
    const wire = new Wire()
    wire.now = 60_000
    expect(run(wire, openAndReset, { count: 1_000 })).toBe(1_000)
    wire.now += 1_000
    expect(run(wire, openAndReset, { from: 1_000, count: 100 })).toBe(33)
    expectAbuse(wire)
  })

  it('has a burst of 1,000 however long the session was quiet', () => {
    const wire = new Wire()
    run(wire, openAndReset, { count: 500 })
    wire.now = 3_600_000
    expect(run(wire, openAndReset, { from: 500, count: 2_000 })).toBe(1_000)
  })

  it('counts streams that wait for accept() in vain', () => {
    const wire = new Wire({ accepts: false, onStream: () => {} })
    expect(run(wire, openAndReset, { count: 2_000 })).toBe(1_000)
    expectAbuse(wire)
  })

  it('counts a stream once, whether it is reset, stopped or both', () => {
    const wire = new Wire()
    const both: Attack = (i) => [stream(4 * i, 0, 'x'), stop(4 * i, 0), reset(4 * i, 0, 1)]
    expect(run(wire, both, { count: 1_000 })).toBe(1_000)
    expect(run(wire, both, { from: 1_000, count: 1 })).toBe(0)
  })
})

describe('made-you-reset (CVE-2025-8671)', () => {
  it('by STOP_SENDING counts like a reset for a stream that nobody has had in hand', () => {
    const wire = new Wire()
    expect(run(wire, openAndStop, { count: 2_000 })).toBe(1_000)
    expectAbuse(wire)
  })

  it('by breaking the stream’s own rules ends the session, not the stream', () => {
    for (const fault of [stream(0, 9, 'gap'), stream(0, 1, 'x'.repeat(16_384)), frames.raw('11 02 05')]) {
      const wire = new Wire()
      wire.send(stream(0, 0, 'x'), stream(2, 0, 'x'))
      wire.send(fault)
      expect(wire.core.isClosing).toBe(true)
    }
  })

  it('frees no place for another stream before the application was told', () => {
    const wire = new Wire({ maxConcurrentStreams: 10, onStream: () => {} })
    for (let i = 0; i < 10; i++) wire.send(stream(4 * i, 0, 'x', true), stop(4 * i, 0))
    // The reset was sent, but the application has not yet taken the end of what it received.
    expect(names(wire.sent())).not.toContain('MAX_STREAMS')
    wire.send(stream(40, 0, 'x'))
    wire.expectClosedWith('STREAM_LIMIT_ERROR')
  })
})

// Closing many Duplexes at once is FIN and STOP_SENDING on each, and each STOP_SENDING provokes a reset: so these count
// only for streams that are neither accepted nor written to.
describe('honest aborts are free', () => {
  it('of streams that the application got, by RESET_STREAM and by STOP_SENDING', () => {
    const wire = new Wire()
    openAccepted(wire, 4_000)
    wire.receive(
      record(...Array.from({ length: 4_000 }, (_, i) => (i % 2 === 0 ? reset(4 * i, 0, 1) : stop(4 * i, 0)))),
    )
    expect(wire.core.isClosing).toBe(false)
  })

  it('of streams that were taken from the queue since the last chunk', () => {
    const waiting: Stream[] = []
    const wire = new Wire({ accepts: false, onStream: (a) => waiting.push(a) })
    openAccepted(wire, 3_000)
    for (const a of waiting) wire.core.acceptedStream(a)
    wire.receive(record(...Array.from({ length: 3_000 }, (_, i) => reset(4 * i, 0, 1))))
    expect(wire.core.isClosing).toBe(false)
  })

  it('of streams that were answered in the same turn', () => {
    const wire = new Wire({ onStream: (a) => a.write(Buffer.from('hello')) })
    const both: Attack = (i) => [stream(4 * i, 0, 'x'), reset(4 * i, 0, 1), stop(4 * i, 0)]
    expect(run(wire, both, { count: 3_000 })).toBe(3_000)
  })

  it('of streams that this side refused', () => {
    const wire = new Wire({ refusalCode: 5 })
    wire.core.drain()
    openAccepted(wire, 3_000)
    wire.receive(
      record(...Array.from({ length: 3_000 }, (_, i) => [reset(4 * i, 5, 1), stop(4 * i, 5)]).flat()),
    )
    expect(wire.core.isClosing).toBe(false)
    expect(wire.core.streams.size).toBe(0)
  })

  it('of streams that this side opened', () => {
    const wire = new Wire()
    const ids = Array.from({ length: 3_000 }, () => wire.open().id)
    wire.sent()
    wire.receive(record(...ids.map((id) => [reset(id, 0, 0), stop(id, 0)]).flat()))
    expect(wire.core.isClosing).toBe(false)
    wire.sent()
    expect(wire.core.streams.size).toBe(0)
  })
})
