import { describe, expect, it } from 'vitest'
import type { SessionError } from '../../src/proto/session/errors.js'
import { frames, record, type FrameWriter } from '../conformance/frames.js'
import { names, Wire } from '../conformance/wire.js'

const { stream, reset, resetAt, stop, maxData, maxStreamData, maxStreams, ping, pong, raw } = frames
const LIMIT = 50_000

/** Sends the frames of one index after the other, 1,000 in a record, until the session ends; returns how many it took. */
function flood(wire: Wire, count: number, frame: (i: number) => FrameWriter): number {
  for (let i = 0; i < count; i += 1_000) {
    wire.receive(record(...Array.from({ length: 1_000 }, (_, j) => frame(i + j))))
    if (wire.core.isClosing) return i + 1_000
    wire.sent()
  }
  return count
}

/** Each of these frames is legal and moves nothing. */
const IDLE: [what: string, frame: (i: number) => FrameWriter][] = [
  ['QX_PING', (i) => ping(i + 1)],
  ['answers to a ping that was answered', () => pong(1)],
  ['MAX_DATA that raises by one byte', (i) => maxData((1 << 30) + i)],
  ['MAX_DATA that raises nothing', () => maxData(5)],
  ['MAX_STREAM_DATA that raises by one byte', (i) => maxStreamData(0, (1 << 20) + i)],
  ['MAX_STREAMS that raises nothing', () => maxStreams(true, 5)],
  ['DATA_BLOCKED', (i) => frames.dataBlocked(i)],
  ['STREAM_DATA_BLOCKED', (i) => frames.streamDataBlocked(0, i)],
  ['STREAMS_BLOCKED', (i) => frames.streamsBlocked(false, i)],
  ['empty STREAM frames on a stream without data', () => stream(0, 0, '')],
  ['empty STREAM frames on a stream with data', () => stream(4, 3, '')],
  ['the same FIN', () => stream(8, 3, '', true)],
  ['the same RESET_STREAM', () => reset(12, 7, 3)],
  ['the same RESET_STREAM_AT', () => resetAt(16, 7, 9, 5)],
  ['the same STOP_SENDING', () => stop(0, 1)],
  ['frames for a stream that is over', () => reset(20, 0, 3)],
  ['empty datagrams', () => raw('31 00')],
]

/** A session with a stream in each state that the floods are about. */
function victim(): Wire {
  const wire = new Wire({ maxDatagramFrameSizeBytes: 100 })
  wire.send(stream(0, 0, ''), stream(4, 0, 'abc'), stream(8, 0, 'abc', true), stream(12, 0, 'abc'))
  wire.send(reset(12, 7, 3), resetAt(16, 7, 9, 5), stream(20, 0, 'abc', true))
  wire.streams.find(({ id }) => id === 20)?.end()
  wire.sent()
  wire.send(pong(1))
  return wire
}

describe('a flood of frames that move nothing', () => {
  it('ends the session after 50,000 of them, whichever they are', () => {
    for (const [what, frame] of IDLE) {
      const wire = victim()
      // A few were used to prepare the victim, a few earned.
      const took = flood(wire, 100_000, frame)
      expect([what, took >= LIMIT && took <= LIMIT + 1_000]).toEqual([what, true])
      expect((wire.core.closeReason as SessionError).code).toBe('ASTRA_ERR_ABUSE')
      wire.expectClosedWith('PROTOCOL_VIOLATION')
    }
  })

  it('is what records of PADDING alone are as well', () => {
    const wire = new Wire()
    const padding = Buffer.alloc(2 * 60_000, Buffer.from([1, 0]))
    wire.receive(padding)
    wire.expectClosedWith('PROTOCOL_VIOLATION')
  })

  it('is none while it comes with payload, or slowly', () => {
    const busy = victim()
    for (let i = 0; i < 100; i++) {
      busy.send(...Array.from({ length: 1_000 }, (_, j) => ping(i * 1_000 + j + 1)))
      for (let j = 0; j < 16; j++) busy.send(stream(24 + 4 * (16 * i + j), 0, 'x'.repeat(16_000), true))
      busy.sent()
    }
    expect(busy.core.isClosing).toBe(false)
    const slow = victim()
    for (let i = 0; i < 100; i++) {
      slow.now += 1_000
      slow.send(...Array.from({ length: 4_000 }, (_, j) => ping(i * 4_000 + j + 1)))
      slow.sent()
    }
    expect(slow.core.isClosing).toBe(false)
  })

  it('is none when frames find many streams just over', () => {
    const wire = new Wire({ onStream: (a) => a.destroy() })
    for (let i = 0; i < 60_000; i += 500) {
      const batch = Array.from({ length: 500 }, (_, j) => 4 * (i + j))
      wire.receive(record(...batch.map((id) => stream(id, 0, 'x', true))))
      wire.sent()
      wire.receive(record(...batch.flatMap((id) => [stop(id, 0), maxStreamData(id, 1 << 21)])))
      wire.sent()
    }
    expect(wire.core.isClosing).toBe(false)
    expect(wire.core.streams.size).toBe(0)
  })

  it('is none when 100,000 streams are opened by frames that bring nothing else', () => {
    const wire = new Wire()
    for (let i = 0; i < 100_000; i += 1_000) {
      wire.receive(record(...Array.from({ length: 1_000 }, (_, j) => stream(4 * (i + j), 0, ''))))
      wire.sent()
    }
    expect(wire.core.isClosing).toBe(false)
    expect(wire.streams).toHaveLength(100_000)
  })
})

describe('a flood of pings', () => {
  it('has at most one answer waiting, however many came while nothing could be sent', () => {
    const wire = new Wire()
    for (let i = 0; i < 40; i++) {
      wire.receive(record(...Array.from({ length: 1_000 }, (_, j) => ping(i * 1_000 + j + 1))))
    }
    expect(wire.sent()).toEqual([['QX_PING response', 40_000]])
  })
})

describe('tiny credit', () => {
  it('of one byte at a time is used, and answered with one BLOCKED frame for each limit at most', () => {
    const wire = new Wire({ peer: { initialMaxStreamDataBidiRemote: 0 } })
    const a = wire.open()
    a.write(new Uint8Array(2_000))
    wire.sent()
    for (let i = 1; i <= 1_000; i++) {
      wire.send(maxStreamData(a.id, i))
      expect(names(wire.sent()).length).toBeLessThanOrEqual(2)
    }
    expect(a.bufferedBytes).toBe(1_000)
  })
})
