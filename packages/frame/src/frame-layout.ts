import { FrameType, QX_PING_HIGH, QX_PING_LOW, QX_PING_RESPONSE_LOW, StreamBit } from './frame-type.js'
import { readVarintHigh, readVarintLow, varintEnd } from './varint-reader.js'

/** The longest frame header, RESET_STREAM_AT's: a type and four integers. */
export const MAX_FRAME_HEADER_BYTES = 33

/** The longest header of a STREAM frame: a type and three integers. */
export const MAX_STREAM_HEADER_BYTES = 25

/** How many integers follow the type in the header of a frame, by its one-byte type; the payload is not part of it. */
const FIELD_COUNTS: Uint8Array = makeFieldCounts()

function makeFieldCounts(): Uint8Array {
  const counts = new Uint8Array(0x40)
  for (let bits = 0; bits < 8; bits++) {
    counts[FrameType.STREAM | bits] = 1 + (bits & StreamBit.OFF ? 1 : 0) + (bits & StreamBit.LEN ? 1 : 0)
  }
  for (let type: number = FrameType.MAX_DATA; type <= FrameType.STREAMS_BLOCKED_UNI; type++) counts[type] = 1
  counts[FrameType.MAX_STREAM_DATA] = 2
  counts[FrameType.STREAM_DATA_BLOCKED] = 2
  counts[FrameType.RESET_STREAM] = 3
  counts[FrameType.STOP_SENDING] = 2
  counts[FrameType.CONNECTION_CLOSE] = 3
  counts[FrameType.CONNECTION_CLOSE_APPLICATION] = 2
  counts[FrameType.RESET_STREAM_AT] = 4
  counts[FrameType.DATAGRAM_WITH_LENGTH] = 1
  return counts
}

/**
 * The position behind the header of the frame at `at` (its type and integers), or 0 when it does not end by `limit`.
 * The header of a frame that is not known is its type alone.
 */
export function frameHeaderEnd(bytes: Uint8Array, at: number, limit: number): number {
  let end = varintEnd(bytes, at, limit)
  if (end === 0) return 0
  for (let fields = fieldCount(bytes, at); fields > 0; fields--) {
    end = varintEnd(bytes, end, limit)
    if (end === 0) return 0
  }
  return end
}

function fieldCount(bytes: Uint8Array, at: number): number {
  const type = bytes[at]!
  if (type < 0x40) return FIELD_COUNTS[type]!
  return isPing(bytes, at) || isPingResponse(bytes, at) ? 1 : 0
}

/** Whether the frame type at `at` is QX_PING's that asks. */
export function isPing(bytes: Uint8Array, at: number): boolean {
  return readVarintHigh(bytes, at) === QX_PING_HIGH && readVarintLow(bytes, at) === QX_PING_LOW
}

/** Whether the frame type at `at` is QX_PING's that answers. */
export function isPingResponse(bytes: Uint8Array, at: number): boolean {
  return readVarintHigh(bytes, at) === QX_PING_HIGH && readVarintLow(bytes, at) === QX_PING_RESPONSE_LOW
}
