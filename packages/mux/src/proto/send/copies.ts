import type { StreamRecord } from '../stream/host.js'
import { StreamState } from '../stream/state.js'
import type { SendQueue } from './queue.js'

/** What is kept of a closed stream, or copied of one that has no credit, in high-water marks: 1 MiB by default. */
const KEPT_HIGH_WATER_MARKS = 2

/** The last quarter of `maxSendBufferBytes` is left to copies of streams of which the session holds little. */
const RESERVE_FRACTION = 4

/** The session holds little of a stream when it holds at most this, in bytes: as much as the stream's first window. */
const RESERVE_SHARE_BYTES = 16_384

/** Copies what waits in the application's buffers; `onFlushed` follows. */
export function copyAndRelease(stream: StreamRecord): void {
  stream.sendQueue?.copyBorrowed(stream.host)
  stream.host.releaseLater(stream)
}

/** See `Stream.keptAfterClose`: as much as a kernel's send buffer would hold. */
export function keptAfterClose(stream: StreamRecord): number {
  // The application was promised that everything written before `end` is delivered.
  return (stream.state & StreamState.FIN_QUEUED) === 0 ? bufferBytes(stream) : Infinity
}

function bufferBytes({ host }: StreamRecord): number {
  return KEPT_HIGH_WATER_MARKS * host.options.sendHighWaterMarkBytes
}

/** See `Stream.giveBack`. */
export function giveBack(stream: StreamRecord): boolean {
  stream.sendQueue?.copyBorrowed(stream.host)
  if (!stream.isFlushOwed) return true
  if (stream.host.isInFlight) {
    stream.host.releaseLater(stream)
    return false
  }
  stream.state &= ~StreamState.FLUSH_OWED
  stream.host.checkEndLater(stream)
  return true
}

/**
 * Copies what waits in the application's buffers if only missing credit delays it: a kernel would have taken it.
 * Returns true when nothing is borrowed any more; after false the caller asks again later.
 */
export function copyBlocked(stream: StreamRecord): boolean {
  const { host } = stream
  if (stream.sendQueue === undefined || !stream.isFlushOwed) return true
  const hasCredit = stream.sendOffset < stream.sendLimit && host.sendWindow.available(stream.urgencyLevel) > 0
  if (hasCredit || !mayCopy(stream, stream.sendQueue)) return false
  copyAndRelease(stream)
  return true
}

/** Whether the copy stays within what the session may hold of one stream, and of all. */
function mayCopy(stream: StreamRecord, { bytes, borrowedBytes }: SendQueue): boolean {
  const { host } = stream
  if (borrowedBytes === 0) return true
  const { maxSendBufferBytes } = host.options
  const reserve = bytes <= RESERVE_SHARE_BYTES ? 0 : Math.floor(maxSendBufferBytes / RESERVE_FRACTION)
  const held = host.sendBufferedBytes - host.borrowedBytes
  return bytes <= bufferBytes(stream) && held + borrowedBytes <= maxSendBufferBytes - reserve
}
