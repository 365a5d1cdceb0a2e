import { checkInteger, outOfRange } from '@astranet/interface/check'
import type { StreamRecord } from '../stream/host.js'
import { SIZE_KNOWN, StreamState } from '../stream/state.js'
import { poolShare, raiseWindow, renewWindow } from './stream-window.js'

/**
 * What was delivered counts as consumed. With manual credit it stays unread until `consume`, and the stream may be
 * evicted for it.
 */
export function countDelivered(stream: StreamRecord): void {
  if ((stream.state & (StreamState.DISCARDING | StreamState.DELIVERING)) !== 0) return
  const bytes = deliveredBytes(stream)
  if (bytes === 0) return
  const { unread } = stream.host
  if ((stream.state & StreamState.MANUAL_CREDIT) !== 0) {
    unread.add(stream)
    return
  }
  consume(stream, bytes)
  unread.touched(stream)
}

/** Bytes that were delivered to the application and do not count as consumed yet. */
export function deliveredBytes(stream: StreamRecord): number {
  return stream.unreadBytes - (stream.receiveQueue?.bytes ?? 0)
}

/** `bytes` of the stream were taken by the application or discarded: credit goes back to the peer. */
export function consume(stream: StreamRecord, bytes: number): void {
  const { receiveWindow, isClosing } = stream.host
  if (isClosing) {
    stream.consumed += bytes
    return
  }
  if ((stream.state & SIZE_KNOWN) !== 0) {
    stream.consumed += bytes
  } else {
    const share = poolShare(stream)
    stream.consumed += bytes
    receiveWindow.growthBytes += poolShare(stream) - share
    renewWindow(stream)
  }
  receiveWindow.consume(bytes)
  if (receiveWindow.isUpdateDue() || stream.host.windowRequests.size > 0) stream.host.wake()
}

/** See `Stream.consume`. */
export function consumeByApplication(stream: StreamRecord, bytes: number): void {
  const delivered = deliveredBytes(stream)
  checkInteger('bytes', bytes, { min: 0, max: Number.MAX_SAFE_INTEGER })
  if ((stream.state & StreamState.DISCARDING) !== 0 || stream.host.isClosing) return
  // A reset has dropped what was delivered, and the application may not have seen the reset yet.
  if (bytes > delivered && (stream.state & StreamState.RESET_RECEIVED) !== 0) bytes = delivered
  if (bytes > delivered) {
    throw outOfRange('bytes', `at most the ${delivered} delivered and not yet consumed`, bytes)
  }
  if (bytes === 0) return
  consume(stream, bytes)
  stream.host.unread.touched(stream)
}

/** See `Stream.requireAtLeast`. */
export function requireAtLeast(stream: StreamRecord, bytes: number): void {
  checkInteger('bytes', bytes, { min: 0, max: stream.host.receiveWindow.poolBytes })
  if (!stream.canReceive || stream.host.isClosing) return
  if ((stream.state & (SIZE_KNOWN | StreamState.DISCARDING)) !== 0) return
  raiseWindow(stream, bytes)
}
