import { FrameType, StreamBit } from './frame-type.js'
import { QX_PING_HIGH, QX_PING_LOW, QX_PING_RESPONSE_LOW } from './frame-type.js'
import { varintLength, writeVarint, writeVarintHalves, writeWireInteger, type WireInteger } from './varint.js'

// Every function here writes one frame into `target` at `at` and returns the position behind it. The caller made
// room: bytes outside of `target` are lost. Numbers are integers from 0 to 2^53 - 1 and are not checked, for speed;
// error codes are.

/** Room for the header of any STREAM frame, in bytes: a type and three integers. */
export { MAX_STREAM_HEADER_BYTES } from './frame-layout.js'

/** Room for any frame that {@link writeResetStream} to {@link writeDatagramHeader} write, in bytes. */
export const MAX_CONTROL_FRAME_BYTES = 33

/** Bytes that {@link writeStreamHeader} takes. Arguments are not checked. */
export function streamHeaderLength(id: number, offset: number, length: number): number {
  return 1 + varintLength(id) + (offset > 0 ? varintLength(offset) : 0) + varintLength(length)
}

/**
 * Writes the header of a STREAM frame whose payload of `length` bytes follows: always with LEN, with OFF only for an
 * `offset` above 0 (RFC 9000 section 19.8).
 */
export function writeStreamHeader(
  target: Uint8Array,
  at: number,
  id: number,
  offset: number,
  length: number,
  isFin: boolean,
): number {
  const bits = StreamBit.LEN | (isFin ? StreamBit.FIN : 0)
  if (offset === 0) {
    target[at] = FrameType.STREAM | bits
    return writeVarint(target, writeVarint(target, at + 1, id), length)
  }
  target[at] = FrameType.STREAM | StreamBit.OFF | bits
  return writeVarint(target, writeVarint(target, writeVarint(target, at + 1, id), offset), length)
}

/** Writes RESET_STREAM (RFC 9000 section 19.4). A `code` that is not of the wire throws a `RangeError`. */
export function writeResetStream(
  target: Uint8Array,
  at: number,
  id: number,
  code: WireInteger,
  finalSize: number,
): number {
  target[at] = FrameType.RESET_STREAM
  return writeVarint(target, writeWireInteger(target, writeVarint(target, at + 1, id), code), finalSize)
}

/**
 * Writes RESET_STREAM_AT (draft-ietf-quic-reliable-stream-reset), for a peer that sent `reset_stream_at`. A
 * `reliableSize` above `finalSize`, or a `code` that is not of the wire, throws a `RangeError`.
 */
export function writeResetStreamAt(
  target: Uint8Array,
  at: number,
  id: number,
  code: WireInteger,
  finalSize: number,
  reliableSize: number,
): number {
  if (reliableSize > finalSize) {
    throw new RangeError(`reliableSize must be at most finalSize (${finalSize}), got ${reliableSize}`)
  }
  target[at] = FrameType.RESET_STREAM_AT
  const next = writeWireInteger(target, writeVarint(target, at + 1, id), code)
  return writeVarint(target, writeVarint(target, next, finalSize), reliableSize)
}

/** Writes STOP_SENDING (RFC 9000 section 19.5). A `code` that is not of the wire throws a `RangeError`. */
export function writeStopSending(target: Uint8Array, at: number, id: number, code: WireInteger): number {
  target[at] = FrameType.STOP_SENDING
  return writeWireInteger(target, writeVarint(target, at + 1, id), code)
}

/** Writes MAX_DATA (RFC 9000 section 19.9). */
export function writeMaxData(target: Uint8Array, at: number, limit: number): number {
  return writeFields(target, at, FrameType.MAX_DATA, limit)
}

/** Writes MAX_STREAM_DATA (RFC 9000 section 19.10). */
export function writeMaxStreamData(target: Uint8Array, at: number, id: number, limit: number): number {
  return writeVarint(target, writeFields(target, at, FrameType.MAX_STREAM_DATA, id), limit)
}

/** Writes MAX_STREAMS (RFC 9000 section 19.11). */
export function writeMaxStreams(
  target: Uint8Array,
  at: number,
  isBidirectional: boolean,
  limit: number,
): number {
  return writeFields(
    target,
    at,
    isBidirectional ? FrameType.MAX_STREAMS_BIDI : FrameType.MAX_STREAMS_UNI,
    limit,
  )
}

/** Writes DATA_BLOCKED (RFC 9000 section 19.12). */
export function writeDataBlocked(target: Uint8Array, at: number, limit: number): number {
  return writeFields(target, at, FrameType.DATA_BLOCKED, limit)
}

/** Writes STREAM_DATA_BLOCKED (RFC 9000 section 19.13). */
export function writeStreamDataBlocked(target: Uint8Array, at: number, id: number, limit: number): number {
  return writeVarint(target, writeFields(target, at, FrameType.STREAM_DATA_BLOCKED, id), limit)
}

/** Writes STREAMS_BLOCKED (RFC 9000 section 19.14). */
export function writeStreamsBlocked(
  target: Uint8Array,
  at: number,
  isBidirectional: boolean,
  limit: number,
): number {
  const type = isBidirectional ? FrameType.STREAMS_BLOCKED_BIDI : FrameType.STREAMS_BLOCKED_UNI
  return writeFields(target, at, type, limit)
}

/** Writes the QX_PING that asks; the sequence number is `high * 2^32 + low`, `high` below 2^30, `low` below 2^32. */
export function writePing(target: Uint8Array, at: number, high: number, low: number): number {
  const next = writeVarintHalves(target, at, QX_PING_HIGH, QX_PING_LOW)
  return writeVarintHalves(target, next, high, low)
}

/** Writes the QX_PING that answers; the sequence number is the one that was received, in halves as it was. */
export function writePong(target: Uint8Array, at: number, high: number, low: number): number {
  const next = writeVarintHalves(target, at, QX_PING_HIGH, QX_PING_RESPONSE_LOW)
  return writeVarintHalves(target, next, high, low)
}

/** Writes the header of a DATAGRAM frame with a length (RFC 9221 section 4); a payload of `length` bytes follows. */
export function writeDatagramHeader(target: Uint8Array, at: number, length: number): number {
  return writeFields(target, at, FrameType.DATAGRAM_WITH_LENGTH, length)
}

/** Bytes that {@link writeDatagramHeader} takes. The peer's `max_datagram_frame_size` counts them and the payload. */
export function datagramHeaderLength(length: number): number {
  return 1 + varintLength(length)
}

function writeFields(target: Uint8Array, at: number, type: number, field: number): number {
  target[at] = type
  return writeVarint(target, at + 1, field)
}
