import type { WireInteger } from '@astranet/frame'
import { checkInteger } from '@astranet/interface/check'
import { checkErrorCode } from '../error-code.js'
import { StreamError, stoppedByPeer } from '../session/errors.js'
import { extraOf } from '../stream/extra.js'
import type { StreamRecord } from '../stream/host.js'
import { SEND_OVER, StreamState } from '../stream/state.js'

/** See `Stream.reset`. Also the answer to a STOP_SENDING, with the code received (RFC 9000 section 3.5). */
export function reset(stream: StreamRecord, code: WireInteger): void {
  checkErrorCode(code)
  if (!isResettable(stream)) return
  dropUnsent(stream)
  extraOf(stream).resetCode = code
  stream.state |= StreamState.RESET_QUEUED
  stream.host.queueControl(stream)
}

/** See `Stream.resetAt`: draft-ietf-quic-reliable-stream-reset. RESET_STREAM_AT goes behind the last reliable byte. */
export function resetAt(stream: StreamRecord, reliableSize: number, code: WireInteger): void {
  checkErrorCode(code)
  const { host } = stream
  const written = stream.sendOffset + stream.bufferedBytes
  checkInteger('reliableSize', reliableSize, { min: 0, max: written })
  if (!host.peer.resetStreamAt) {
    throw new StreamError('ASTRA_ERR_NOT_NEGOTIATED', 'the peer does not support RESET_STREAM_AT: use reset')
  }
  if (!isResettable(stream)) return
  const extra = extraOf(stream)
  const isLower = (stream.state & StreamState.RESET_AT_QUEUED) === 0 || reliableSize < extra.reliableSendSize
  if (!isLower) return
  extra.reliableSendSize = reliableSize
  extra.resetCode = code
  stream.state = (stream.state | StreamState.RESET_AT_QUEUED) & ~StreamState.FIN_QUEUED
  keepUnsent(stream, Math.max(0, reliableSize - stream.sendOffset))
  if (stream.sendQueue === undefined) host.queueControl(stream)
}

function isResettable(stream: StreamRecord): boolean {
  return (
    (stream.state & (SEND_OVER | StreamState.RESET_QUEUED)) === 0 && stream.canSend && !stream.host.isClosing
  )
}

function keepUnsent(stream: StreamRecord, bytes: number): void {
  const queue = stream.sendQueue
  if (queue === undefined || bytes >= queue.bytes) return
  if (bytes === 0) {
    dropUnsent(stream)
    return
  }
  stream.host.sendBufferedBytes -= queue.bytes - bytes
  queue.truncate(bytes, stream.host)
}

/** Drops what was written and not sent. */
export function dropUnsent(stream: StreamRecord): void {
  stream.state &= ~(StreamState.WRITE_BLOCKED | StreamState.BLOCKED_QUEUED)
  if (stream.sendQueue === undefined) return
  stream.host.sendBufferedBytes -= stream.sendQueue.bytes
  stream.sendQueue.drop(stream.host)
  stream.sendQueue = undefined
  stream.host.releaseLater(stream)
}

/**
 * STOP_SENDING arrived (RFC 9000 section 3.5): unsent data is dropped and RESET_STREAM answers with the same code. When
 * everything was sent, FIN included, there is nothing to reset.
 */
export function stopped(stream: StreamRecord, code: WireInteger): void {
  if ((stream.state & (SEND_OVER | StreamState.RESET_QUEUED)) !== 0) return
  reset(stream, code)
  reportSendingFailed(stream, stoppedByPeer(stream.id, code))
}

/** The session ended: what was not sent never will be. */
export function cutOffSending(stream: StreamRecord, error: StreamError): void {
  if (!stream.canSend || (stream.state & SEND_OVER) !== 0) return
  const isGivenUp = (stream.state & (StreamState.RESET_QUEUED | StreamState.RESET_AT_QUEUED)) !== 0
  stream.state |= StreamState.RESET_SENT
  // The error comes first, then the bytes come back: the writer has to know that they were not sent.
  if (!isGivenUp) reportSendingFailed(stream, error)
  dropUnsent(stream)
}

function reportSendingFailed(stream: StreamRecord, error: StreamError): void {
  const extra = extraOf(stream)
  extra.sendError = error
  extra.error ??= error
  stream.host.guard(stream, () => stream.handler?.onStopSending?.(stream, error))
}
