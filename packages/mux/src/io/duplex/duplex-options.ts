import type { DuplexOptions as NodeDuplexOptions } from 'node:stream'
import type { OptionNames } from '@astranet/interface/check'
import type { Stream } from '../../proto/stream/stream.js'

/** Settings of {@link toDuplex}. */
export interface DuplexOptions {
  /** Bytes that are read ahead of the application; see `node:stream`. Default 65,536, Node's own. */
  readableHighWaterMark?: number
  /**
   * Bytes written and not yet sent at which `write` returns false; see `node:stream`. Default 524,288: the bytes of a
   * large write wait here until they were sent, so with Node's own 65,536 only one write of 64 KiB could be sent in
   * each turn. Small writes (up to 2,048 bytes) wait in the stream instead: for them `write` returns false when the
   * stream holds `sendHighWaterMarkBytes`. While all streams of the session hold `maxSendBufferBytes`, it returns false
   * behind every write that waits. What the stream copies of a write that waits for credit does not depend on it.
   */
  writableHighWaterMark?: number
  /** When false, the end of the peer's direction ends this one too, as for `net.Socket`. Default true, unlike there. */
  allowHalfOpen?: boolean
  /** Code of the RESET_STREAM and STOP_SENDING that `destroy` sends. Default 0. */
  destroyCode?: number
  /**
   * Bytes that were read from the stream already, for example behind a header: they are delivered first. Those that
   * do not count as consumed yet (with `manualCredit`, or from inside the `onData` that delivered them) count when
   * the application takes them.
   */
  initialBytes?: Uint8Array | undefined
  /** @internal Whether nothing is read from the stream before the application reads. Default false. */
  isPaused?: boolean | undefined
  /** @internal Whether reading begins in the next turn, also of the initial bytes. Default false. */
  readsLater?: boolean
}

/** The names of {@link DuplexOptions}. */
export const DUPLEX_NAMES: OptionNames<DuplexOptions> = {
  readableHighWaterMark: true,
  writableHighWaterMark: true,
  allowHalfOpen: true,
  destroyCode: true,
  initialBytes: true,
  isPaused: true,
  readsLater: true,
}

/** The size of a full flush. */
const WRITABLE_HIGH_WATER_MARK_BYTES = 524_288

// Nearly every Duplex is made with these: one object for all, because there may be a million Duplexes.
const HALF_OPEN: NodeDuplexOptions = {
  allowHalfOpen: true,
  // `'close'` has an argument and is emitted a turn later, as that of `net.Socket`.
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
