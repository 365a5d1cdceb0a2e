import { checkInteger } from '../check.js'
import { SIZE_KNOWN, StreamState } from '../stream/state.js'
import { growthOf, raiseWindow, renewWindow } from './stream-window.js'
import type { Stream } from '../stream/stream.js'

/**
 * What was delivered counts as consumed; with manual credit it is unread until `consume`, and the stream may be evicted
 * for it.
 */
export function countDelivered(stream: Stream): void {
  if ((stream.state & (StreamState.DISCARDING | StreamState.DELIVERING)) !== 0) return
  const bytes = deliveredBytes(stream)
  if (bytes === 0) return
  const { unread } = stream.core
  if ((stream.state & StreamState.MANUAL_CREDIT) !== 0) {
    unread.add(stream)
    return
  }
  consume(stream, bytes)
  unread.touched(stream)
}

/** Bytes the application has been given and that do not count as consumed yet. */
export function deliveredBytes(stream: Stream): number {
  return stream.unreadBytes - (stream.receiveQueue?.bytes ?? 0)
}

/** `bytes` of the stream were taken by the application or discarded: credit goes back to the peer. */
export function consume(stream: Stream, bytes: number): void {
  const { receiveWindow, isOver } = stream.core
  if (isOver) {
    stream.consumed += bytes
    return
  }
  if ((stream.state & SIZE_KNOWN) !== 0) {
    stream.consumed += bytes
  } else {
    const growth = growthOf(stream)
    stream.consumed += bytes
    receiveWindow.growthBytes += growthOf(stream) - growth
    renewWindow(stream)
  }
  receiveWindow.consume(bytes)
  if (receiveWindow.isUpdateDue() || stream.core.wanting.size > 0) stream.core.wake()
}

/** See `Stream.consume`. */
export function consumeByApplication(stream: Stream, bytes: number): void {
  const delivered = deliveredBytes(stream)
  checkInteger('bytes', bytes, { least: 0, most: Number.MAX_SAFE_INTEGER })
  if ((stream.state & StreamState.DISCARDING) !== 0 || stream.core.isOver) return
  // A reset has dropped what was delivered: who was busy with it cannot have known.
  if (bytes > delivered && (stream.state & StreamState.RESET_RECEIVED) !== 0) bytes = delivered
  if (bytes > delivered) {
    throw new RangeError(
      `bytes must be at most the ${delivered} delivered and not yet consumed, got ${bytes}`,
    )
  }
  if (bytes === 0) return
  consume(stream, bytes)
  stream.core.unread.touched(stream)
}

/** See `Stream.requireAtLeast`. */
export function requireAtLeast(stream: Stream, bytes: number): void {
  checkInteger('bytes', bytes, { least: 0, most: stream.core.receiveWindow.poolBytes })
  if (!stream.canReceive || stream.core.isOver) return
  if ((stream.state & (SIZE_KNOWN | StreamState.DISCARDING)) !== 0) return
  raiseWindow(stream, bytes)
}
