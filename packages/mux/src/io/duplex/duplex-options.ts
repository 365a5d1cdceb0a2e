import type { DuplexOptions as NodeDuplexOptions } from 'node:stream'
import type { Stream } from '../../proto/stream/stream.js'

/** Settings of {@link toDuplex}. */
export interface DuplexOptions {
  /** Bytes read ahead of the application; see `node:stream`. Default Node's own, 64 KiB. */
  readableHighWaterMark?: number
  /**
   * Bytes written and not yet sent at which `write` returns false; see `node:stream`. Default 524,288: the bytes of a large
   * write belong to the stream until they have left, so with Node's own 64 KiB there would be one write of 64 KiB in each
   * turn. Small writes (up to 2,048 bytes) do not wait here but in the stream: for them `write` returns false once that
   * holds `sendHighWaterMarkBytes`, or all streams of the session `maxSendBufferBytes`.
   */
  writableHighWaterMark?: number
  /** When false, the end of the peer's direction ends this one as well. Default true, as for `net.Socket` behind `net.connect` with that option. */
  allowHalfOpen?: boolean
  /** Code of the RESET_STREAM and STOP_SENDING that `destroy` sends. Default 0. */
  destroyCode?: number
  /**
   * Bytes that were read from the stream already, behind a header for example: they come first. As far as they do not
   * count as consumed yet, which is so while the `onData` that brought them has not returned, or with `manualCredit`, they
   * will when the application takes them.
   */
  initialBytes?: Uint8Array | undefined
}

/** As much as one flush takes. */
const WRITABLE_HIGH_WATER_MARK_BYTES = 524_288

// What nearly every Duplex is made with: one object for all, since there may be a million of them.
const HALF_OPEN: NodeDuplexOptions = {
  allowHalfOpen: true,
  // `'close'` has an argument and comes a turn later, as that of `net.Socket`.
  emitClose: false,
  writableHighWaterMark: WRITABLE_HIGH_WATER_MARK_BYTES,
}
const NOT_HALF_OPEN: NodeDuplexOptions = { ...HALF_OPEN, allowHalfOpen: false }

/** The settings for Node's part of a Duplex. */
export function nodeOptions(stream: Stream | undefined, options: DuplexOptions): NodeDuplexOptions {
  const { readableHighWaterMark, writableHighWaterMark, allowHalfOpen = true } = options
  const usual = allowHalfOpen ? HALF_OPEN : NOT_HALF_OPEN
  const hasUsualMarks = readableHighWaterMark === undefined && writableHighWaterMark === undefined
  const isBidirectional = stream?.isUnidirectional !== true
  if (hasUsualMarks && isBidirectional) return usual
  // The types leave out `readable` and `writable`, which Node has had since version 8.
  const directions = isBidirectional ? {} : { readable: stream.canReceive, writable: stream.canSend }
  return {
    ...usual,
    ...directions,
    ...(readableHighWaterMark === undefined ? {} : { readableHighWaterMark }),
    ...(writableHighWaterMark === undefined ? {} : { writableHighWaterMark }),
  }
}
