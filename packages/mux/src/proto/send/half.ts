import { COPY_LIMIT_BYTES } from './slab.js'
import { SendQueue } from './queue.js'
import { StreamError, stoppedByPeer } from '../session/errors.js'
import { SEND_ENDED, SEND_OVER, StreamState } from '../stream/state.js'
import { extraOf } from '../stream/extra.js'
import type { Stream } from '../stream/stream.js'
import { checkErrorCode, checkInteger } from '../check.js'
import type { WireInteger } from '@astranet/frame'

/** What is kept of a closed stream, or copied of one that has no credit, in high-water marks: 1 MiB by default. */
const KEPT_HIGH_WATER_MARKS = 2

const CANNOT_WRITE = SEND_ENDED | SEND_OVER | StreamState.CLOSED

/** See `Stream.canWrite`. */
export function canWrite(stream: Stream): boolean {
  return (stream.state & CANNOT_WRITE) === 0 && !stream.core.isOver && stream.canSend
}

/** See `Stream.write` and `Stream.writeReferenced`. */
export function write(stream: Stream, bytes: Uint8Array, isReferenced: boolean): boolean {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('bytes must be a Uint8Array')
  const { core } = stream
  if (!canWrite(stream)) return refuseWrite(stream)
  if (bytes.length === 0) return (stream.state & StreamState.WRITE_BLOCKED) === 0
  const queue = (stream.sendQueue ??= new SendQueue())
  if (bytes.length <= COPY_LIMIT_BYTES) {
    const { slab } = core
    slab.append(bytes)
    queue.push(slab.buffer, slab.used - bytes.length, slab.used, false)
  } else {
    queue.push(bytes, 0, bytes.length, isReferenced)
    if (isReferenced) core.borrowed.add(stream)
  }
  core.sendBufferedBytes += bytes.length
  core.schedule(stream)
  if (isBelowMarks(stream, 0)) return true
  stream.state |= StreamState.WRITE_BLOCKED
  return false
}

/** Whether a write of so many bytes would return true. */
export function hasRoomFor(stream: Stream, bytes: number): boolean {
  return canWrite(stream) && isBelowMarks(stream, bytes)
}

/** Whether less than the high-water marks of stream and session waits, once `bytes` are added. */
function isBelowMarks(stream: Stream, bytes: number): boolean {
  const { core } = stream
  const { sendHighWaterMarkBytes, maxSendBufferBytes } = core.options
  return (
    stream.bufferedBytes + bytes < sendHighWaterMarkBytes &&
    core.sendBufferedBytes + bytes < maxSendBufferBytes
  )
}

/** A write that cannot be: the caller's mistake throws; what the peer or the session did was told by its own event. */
function refuseWrite(stream: Stream): false {
  if (!stream.canSend) {
    throw new StreamError(
      'ERR_STREAM_CANNOT_WRITE',
      `stream ${stream.id} is unidirectional and opened by the peer`,
    )
  }
  if ((stream.state & StreamState.FIN_QUEUED) !== 0) {
    throw new StreamError('ERR_STREAM_WRITE_AFTER_END', `stream ${stream.id}: write after end`)
  }
  return false
}

/** See `Stream.end`. */
export function end(stream: Stream): void {
  if ((stream.state & CANNOT_WRITE) !== 0 || !stream.canSend) return
  stream.state |= StreamState.FIN_QUEUED
  // With bytes waiting the FIN goes with the last of them; without, it is a frame that needs no credit.
  if (stream.sendQueue === undefined) stream.core.queueControl(stream)
}

/** See `Stream.close`. */
export function close(stream: Stream, code: WireInteger): void {
  checkErrorCode(code)
  if ((stream.state & SEND_ENDED) !== 0 && (stream.state & StreamState.FIN_QUEUED) === 0) return
  if (!stream.canSend || (stream.state & SEND_OVER) !== 0 || stream.core.isOver) return
  const { core, bufferedBytes } = stream
  const kept = Math.min(bufferedBytes, keptAfterClose(stream))
  if (kept === bufferedBytes) end(stream)
  else if (core.peer.resetStreamAt) resetAt(stream, stream.sendOffset + kept, code)
  else reset(stream, code)
  copyLater(stream)
  if (!hasCreditForAll(stream)) core.closed.add(stream)
}

function hasCreditForAll({ core, bufferedBytes, sendLimit, sendOffset, urgencyLevel }: Stream): boolean {
  return bufferedBytes <= Math.min(sendLimit - sendOffset, core.sendWindow.available(urgencyLevel))
}

/** Copies what waits in the application's buffers; `onFlushed` follows. */
function copyLater(stream: Stream): void {
  stream.sendQueue?.copyBorrowed()
  stream.core.releaseLater(stream)
}

/** See `Stream.keptAfterClose`: as much as a kernel's send buffer would hold. */
export function keptAfterClose(stream: Stream): number {
  // What was ended counts as sent for the application.
  return (stream.state & StreamState.FIN_QUEUED) === 0 ? bufferBytes(stream) : Infinity
}

function bufferBytes({ core }: Stream): number {
  return KEPT_HIGH_WATER_MARKS * core.options.sendHighWaterMarkBytes
}

/** See `Stream.giveBack`. */
export function giveBack(stream: Stream): boolean {
  stream.sendQueue?.copyBorrowed()
  if (!stream.isFlushOwed) return true
  if (stream.core.isInFlight) {
    stream.core.releaseLater(stream)
    return false
  }
  stream.state &= ~StreamState.FLUSH_OWED
  stream.core.settleLater(stream)
  return true
}

/**
 * Copies what waits in the application's buffers if credit is what holds it back: a kernel would have taken it. Returns
 * whether nothing is borrowed any more; otherwise it is worth asking again.
 */
export function copyBlocked(stream: Stream): boolean {
  const { core, bufferedBytes } = stream
  if (stream.sendQueue === undefined || !stream.isFlushOwed) return true
  const hasCredit = stream.sendOffset < stream.sendLimit && core.sendWindow.available(stream.urgencyLevel) > 0
  if (hasCredit || bufferedBytes > bufferBytes(stream)) return false
  copyLater(stream)
  return true
}

/** See `Stream.reset`. Also what answers a STOP_SENDING, with the code received (RFC 9000 section 3.5). */
export function reset(stream: Stream, code: WireInteger): void {
  checkErrorCode(code)
  if ((stream.state & (SEND_OVER | StreamState.RESET_QUEUED)) !== 0 || !stream.canSend || stream.core.isOver)
    return
  dropUnsent(stream)
  extraOf(stream).resetCode = code
  stream.state |= StreamState.RESET_QUEUED
  stream.core.queueControl(stream)
}

/** See `Stream.resetAt`: draft-ietf-quic-reliable-stream-reset. RESET_STREAM_AT goes behind the last reliable byte. */
export function resetAt(stream: Stream, reliableSize: number, code: WireInteger): void {
  checkErrorCode(code)
  const { core } = stream
  const written = stream.sendOffset + stream.bufferedBytes
  checkInteger('reliableSize', reliableSize, { least: 0, most: written })
  if (!core.peer.resetStreamAt) {
    throw new StreamError('ASTRA_ERR_NOT_NEGOTIATED', 'the peer does not support RESET_STREAM_AT: use reset')
  }
  if ((stream.state & (SEND_OVER | StreamState.RESET_QUEUED)) !== 0 || !stream.canSend || core.isOver) return
  const extra = extraOf(stream)
  const isLower = (stream.state & StreamState.RESET_AT_QUEUED) === 0 || reliableSize < extra.reliableSendSize
  if (!isLower) return
  extra.reliableSendSize = reliableSize
  extra.resetCode = code
  stream.state = (stream.state | StreamState.RESET_AT_QUEUED) & ~StreamState.FIN_QUEUED
  keepUnsent(stream, Math.max(0, reliableSize - stream.sendOffset))
  if (stream.sendQueue === undefined) core.queueControl(stream)
}

function keepUnsent(stream: Stream, bytes: number): void {
  const queue = stream.sendQueue
  if (queue === undefined || bytes >= queue.bytes) return
  if (bytes === 0) {
    dropUnsent(stream)
    return
  }
  stream.core.sendBufferedBytes -= queue.bytes - bytes
  queue.truncate(bytes)
}

/** Forgets what was written and not sent. */
export function dropUnsent(stream: Stream): void {
  stream.state &= ~(StreamState.WRITE_BLOCKED | StreamState.BLOCKED_QUEUED)
  if (stream.sendQueue === undefined) return
  stream.core.sendBufferedBytes -= stream.sendQueue.bytes
  stream.sendQueue = undefined
  stream.core.releaseLater(stream)
}

/** The session is over: what was not sent never will be. */
export function cutOffSending(stream: Stream, error: StreamError): void {
  if (!stream.canSend || (stream.state & SEND_OVER) !== 0) return
  const isGivenUp = (stream.state & (StreamState.RESET_QUEUED | StreamState.RESET_AT_QUEUED)) !== 0
  stream.state |= StreamState.RESET_SENT
  // First why, then the bytes back: who waits for them is to know that they were not sent.
  if (!isGivenUp) tellSendingFailed(stream, error)
  dropUnsent(stream)
}

function tellSendingFailed(stream: Stream, error: StreamError): void {
  const extra = extraOf(stream)
  extra.sendError = error
  extra.error ??= error
  stream.core.guard(stream, () => stream.handler?.onStopSending?.(stream, error))
}

/** MAX_STREAM_DATA arrived (RFC 9000 section 19.10): limits never go down. */
export function raiseLimit(stream: Stream, limit: number): void {
  if (limit <= stream.sendLimit) return
  stream.sendLimit = limit
  stream.state &= ~(StreamState.BLOCKED_SENT | StreamState.BLOCKED_QUEUED)
  if (stream.sendQueue !== undefined) stream.core.schedule(stream)
}

/**
 * STOP_SENDING arrived (RFC 9000 section 3.5): unsent data is dropped and RESET_STREAM answers with the same code. When
 * everything was sent, FIN included, there is nothing to reset.
 */
export function stopped(stream: Stream, code: WireInteger): void {
  if ((stream.state & (SEND_OVER | StreamState.RESET_QUEUED)) !== 0) return
  reset(stream, code)
  tellSendingFailed(stream, stoppedByPeer(stream.id, code))
}
