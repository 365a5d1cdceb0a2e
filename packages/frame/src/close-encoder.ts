import type { ConnectionClose } from './frame-sink.js'
import { FrameType } from './frame-type.js'
import { MAX_REASON_BYTES } from './limits.js'
import { encodeUtf8Prefix } from './utf8.js'
import { writeVarint, writeWireInteger } from './varint.js'

/** Room for any CONNECTION_CLOSE frame that {@link writeConnectionClose} writes, in bytes. */
export const MAX_CONNECTION_CLOSE_BYTES: number = 1 + 8 + 8 + 2 + MAX_REASON_BYTES

/**
 * Writes CONNECTION_CLOSE (RFC 9000 section 19.19) into `target` at `at`, where the caller made room, and returns the
 * position behind it. A reason above 1,024 bytes of UTF-8 is cut, between characters. Throws a `RangeError` for a
 * `code` or `frameType` that is not an integer of the wire.
 */
export function writeConnectionClose(target: Uint8Array, at: number, close: ConnectionClose): number {
  const reason = encodeUtf8Prefix(close.reason, MAX_REASON_BYTES)
  target[at] = close.isApplication ? FrameType.CONNECTION_CLOSE_APPLICATION : FrameType.CONNECTION_CLOSE
  let next = writeWireInteger(target, at + 1, close.code)
  if (!close.isApplication) next = writeWireInteger(target, next, close.frameType)
  next = writeVarint(target, next, reason.length)
  target.set(reason, next)
  return next + reason.length
}
