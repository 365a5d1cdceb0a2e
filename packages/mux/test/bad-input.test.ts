import {
  TransportErrorCode,
  writeMaxStreamData,
  writeMaxStreams,
  writePing,
  writePong,
  writeResetStream,
  writeStopSending,
} from '@astranet/frame'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SessionError } from '../src/proto/session/errors.js'
import { Side } from './support/pair.js'
import { concat, hello, raw, record, streamFrame, type FrameWriter } from './support/frames.js'
import { bytesOf, pattern, Recorder } from './support/recorder.js'

/** A server that a test’s own client talks to. */
function victim(): Side {
  const side = new Side('server', {}, () => 0)
  side.onStream = (stream) => void new Recorder(stream)
  side.core.receive(hello(), 0)
  side.flush(0)
  return side
}

function reasonOf(side: Side): SessionError {
  expect(side.core.isClosing).toBe(true)
  return side.core.closeReason as SessionError
}

const FAULTS: [string, keyof typeof TransportErrorCode, FrameWriter[]][] = [
  ['data that leaves a gap', 'PROTOCOL_VIOLATION', [streamFrame(0, 5, bytesOf('x'))]],
  [
    'data sent twice',
    'PROTOCOL_VIOLATION',
    [streamFrame(0, 0, bytesOf('abc')), streamFrame(0, 0, bytesOf('abc'))],
  ],
  [
    'data after the end',
    'FINAL_SIZE_ERROR',
    [streamFrame(0, 0, bytesOf('a'), true), streamFrame(0, 1, bytesOf('b'))],
  ],
  ['more than the stream’s window', 'FLOW_CONTROL_ERROR', [streamFrame(0, 0, pattern(16_385))]],
  [
    'a final size below what came',
    'FINAL_SIZE_ERROR',
    [streamFrame(0, 0, bytesOf('abc')), (target, at) => writeResetStream(target, at, 0, 0, 2)],
  ],
  [
    'a final size above the window',
    'FLOW_CONTROL_ERROR',
    [(target, at) => writeResetStream(target, at, 0, 0, 16_385)],
  ],
  ['a stream above MAX_STREAMS', 'STREAM_LIMIT_ERROR', [streamFrame(4 * 4096, 0, bytesOf('x'))]],
  ['a stream of ours that we have not opened', 'STREAM_STATE_ERROR', [streamFrame(1, 0, bytesOf('x'))]],
  ['data on our unidirectional stream', 'STREAM_STATE_ERROR', [streamFrame(3, 0, bytesOf('x'))]],
  [
    'STOP_SENDING for its own unidirectional stream',
    'STREAM_STATE_ERROR',
    [(target, at) => writeStopSending(target, at, 2, 0)],
  ],
  [
    'MAX_STREAM_DATA for its own unidirectional stream',
    'STREAM_STATE_ERROR',
    [(target, at) => writeMaxStreamData(target, at, 2, 5)],
  ],
  ['an answer to a ping never sent', 'PROTOCOL_VIOLATION', [(target, at) => writePong(target, at, 0, 9)]],
  [
    'a ping whose number does not rise',
    'PROTOCOL_VIOLATION',
    [(target, at) => writePing(target, at, 0, 5), (target, at) => writePing(target, at, 0, 5)],
  ],
  [
    'a second set of transport parameters',
    'PROTOCOL_VIOLATION',
    [(t, at) => (t.set(hello().subarray(1), at), at + hello().length - 1)],
  ],
  ['a prohibited frame (PING)', 'FRAME_ENCODING_ERROR', [raw(0x01)]],
  ['a prohibited frame (CRYPTO)', 'FRAME_ENCODING_ERROR', [raw(0x06, 0, 0)]],
  ['a datagram, which was not negotiated', 'PROTOCOL_VIOLATION', [raw(0x31, 1, 7)]],
  ['a frame cut off by its record', 'FRAME_ENCODING_ERROR', [raw(0x10)]],
  ['MAX_STREAMS above 2^60', 'FRAME_ENCODING_ERROR', [raw(0x12, 0xd0, 0, 0, 0, 0, 0, 0, 1)]],
]

describe('a peer that sends', () => {
  for (const [what, code, frames] of FAULTS) {
    it(`${what} is closed with ${code} and a sentence`, () => {
      const side = victim()
      side.core.receive(record(...frames), 0)
      const reason = reasonOf(side)
      expect(reason.message).toContain(code)
      expect(reason).toMatchObject({
        code: 'ASTRA_ERR_PROTOCOL',
        closeCode: TransportErrorCode[code],
        isApplication: false,
        isFromPeer: false,
      })
      expect(reason.reason.length).toBeGreaterThan(10)
      side.flush(0)
      expect(side.hasEnded).toBe(true)
    })
  }

  it('a record larger than was allowed is closed at its size, before its bytes come', () => {
    const side = victim()
    side.core.receive(new Uint8Array([0x80, 0x20, 0, 0]), 0)
    expect(reasonOf(side)).toMatchObject({ closeCode: TransportErrorCode.FRAME_ENCODING_ERROR })
  })

  it('another protocol is closed at its first wrong byte', () => {
    const side = new Side('server', {}, () => 0)
    side.core.receive(bytesOf('GET / HTTP/1.1\r\n'), 0)
    expect(reasonOf(side).message).toMatch(/does not speak QMux|first frame/)
  })

  it('half a record and then ends is closed with FRAME_ENCODING_ERROR', () => {
    const side = victim()
    side.core.receive(record(streamFrame(0, 0, bytesOf('hello'))).subarray(0, 4), 0)
    side.core.receiveEnd(0)
    expect(reasonOf(side)).toMatchObject({ closeCode: TransportErrorCode.FRAME_ENCODING_ERROR })
  })

  it('a close is answered by an end, and its code and reason are told once each', () => {
    const fault = victim()
    const other = new Side('client', {}, () => 0)
    other.flush(0)
    other.core.receive(hello(), 0)
    fault.core.receive(record(streamFrame(0, 9, bytesOf('x'))), 0)
    fault.flush(0)
    const bytes = concat(...fault.outgoing)
    other.outgoing.length = 0
    const client = new Side('client', {}, () => 0)
    client.flush(0)
    client.core.receive(bytes, 0)
    expect(client.core.closeReason?.message).toBe(
      'the peer closed the session with PROTOCOL_VIOLATION: stream 0: data at offset 9 does not follow offset 0',
    )
    client.flush(0)
    expect(client.hasEnded).toBe(true)
  })

  it('frames for a stream that is over harms nobody', () => {
    const side = victim()
    side.onStream = (stream) => stream.destroy()
    side.core.receive(record(streamFrame(0, 0, bytesOf('x'), true)), 0)
    side.flush(0)
    expect(side.core.streams.size).toBe(0)
    side.core.receive(
      record(
        (target, at) => writeResetStream(target, at, 0, 7, 1),
        (target, at) => writeStopSending(target, at, 0, 7),
        (target, at) => writeMaxStreamData(target, at, 0, 1 << 29),
        streamFrame(0, 1, new Uint8Array(0), true),
      ),
      0,
    )
    expect(side.core.isClosing).toBe(false)
  })

  it('a frame that opens 4,000 streams by implication opens one record', () => {
    const side = victim()
    side.core.receive(record(streamFrame(4 * 4_095, 0, bytesOf('x'))), 0)
    expect(side.core.streams.size).toBe(1)
    expect(side.accepted).toHaveLength(1)
  })

  it('a burst of pings gets one answer', () => {
    const side = victim()
    side.outgoing.length = 0
    const pings = Array.from(
      { length: 1_000 },
      (_, i): FrameWriter =>
        (t, at) =>
          writePing(t, at, 0, i + 1),
    )
    side.core.receive(record(...pings), 0)
    side.flush(0)
    expect(concat(...side.outgoing).length).toBeLessThan(40)
  })

  it('MAX_STREAMS lower than before changes nothing', () => {
    const side = victim()
    side.core.receive(
      record((target, at) => writeMaxStreams(target, at, true, 1)),
      0,
    )
    expect(side.core.limits.localBidi.limit).toBe(1 << 20)
  })

  it('garbage never makes anything throw', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 12 }),
        (isQmux, junk) => {
          const side = isQmux ? victim() : new Side('client', {}, () => 0)
          for (const chunk of junk) {
            if (chunk.length > 0)
              side.core.receive(isQmux ? record((t, at) => (t.set(chunk, at), at + chunk.length)) : chunk, 0)
            side.flush(0)
          }
          side.core.receiveEnd(0)
          side.flush(0)
          side.core.connectionClosed(undefined, 0)
          while (side.core.streams.failSome(10));
          side.core.handedOver()
          expect(side.core.options.memoryBudget.reservedBytes).toBe(0)
          expect(side.thrown).toEqual([])
        },
      ),
      { numRuns: 300 },
    )
  })
})
