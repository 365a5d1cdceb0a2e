import { TransportErrorCode, type WireInteger } from '@astranet/frame'
import { protocolError, resetByPeer, type SessionError } from '../session/errors.js'
import { deliver, discardUnread, outOfOrder, overLimit, overSessionLimit, take } from './half.js'
import { consume } from './credit.js'
import { extraOf } from '../stream/extra.js'
import { RECEIVE_OVER, StreamState } from '../stream/state.js'
import { growthOf } from './stream-window.js'
import type { Stream } from '../stream/stream.js'

/** What RESET_STREAM and RESET_STREAM_AT say; the former has a reliable size of 0. */
export interface ResetFrame {
  readonly code: WireInteger
  readonly finalSize: number
  readonly reliableSize: number
}

/**
 * RESET_STREAM (RFC 9000 sections 3.2, 4.5, 19.4) or RESET_STREAM_AT (draft-ietf-quic-reliable-stream-reset) arrived. The
 * final size counts against the session's credit at once. Bytes up to the reliable size are still delivered, and those
 * of a stream that had ended cleanly are delivered whole.
 */
export function receiveReset(stream: Stream, frame: ResetFrame): SessionError | undefined {
  const { finalSize, reliableSize } = frame
  if ((stream.state & RECEIVE_OVER) !== 0) {
    if (finalSize !== stream.receiveOffset) return finalSizeChanged(stream, finalSize)
    return (stream.state & StreamState.RESET_RECEIVED) === 0 ? undefined : checkCode(stream, frame.code)
  }
  const error =
    (stream.state & StreamState.RESET_AT_RECEIVED) !== 0 ? checkAgain(stream, frame) : noteSize(stream, frame)
  if (error !== undefined) return error
  const extra = extraOf(stream)
  extra.reliableReceiveSize = Math.min(extra.reliableReceiveSize, reliableSize)
  completeReset(stream)
  return undefined
}

/** The first frame that tells the final size. */
function noteSize(stream: Stream, { code, finalSize, reliableSize }: ResetFrame): SessionError | undefined {
  const { receiveWindow } = stream.core
  if (finalSize < stream.receiveOffset) return finalSizeChanged(stream, finalSize)
  if (finalSize > stream.receiveLimit) return overLimit(stream, finalSize)
  if (!receiveWindow.receive(finalSize - stream.receiveOffset)) return overSessionLimit(stream)
  receiveWindow.growthBytes -= growthOf(stream)
  stream.state |= StreamState.RESET_AT_RECEIVED
  // From now on the stream's limit is its final size.
  stream.receiveLimit = finalSize
  const extra = extraOf(stream)
  extra.receivedResetCode = code
  extra.reliableReceiveSize = reliableSize
  return undefined
}

/** Another one may lower the reliable size and change nothing else. */
function checkAgain(stream: Stream, { code, finalSize }: ResetFrame): SessionError | undefined {
  if (finalSize !== stream.receiveLimit) return finalSizeChanged(stream, finalSize)
  return checkCode(stream, code)
}

function checkCode(stream: Stream, code: WireInteger): SessionError | undefined {
  const { receivedResetCode } = extraOf(stream)
  if (code === receivedResetCode) return undefined
  const message = `stream ${stream.id}: reset with code ${code} after code ${receivedResetCode}`
  return protocolError(TransportErrorCode.STREAM_STATE_ERROR, message)
}

/** A piece of a STREAM frame arrived although the final size is known. */
export function receiveBehindSize(
  stream: Stream,
  piece: { offset: number; chunk: Uint8Array; start: number; end: number; isFin: boolean },
): SessionError | undefined {
  const { offset, chunk, start, end, isFin } = piece
  const pieceEnd = offset + end - start
  const finalSize = (stream.state & RECEIVE_OVER) === 0 ? stream.receiveLimit : stream.receiveOffset
  if (pieceEnd > finalSize) {
    const message = `stream ${stream.id}: data up to offset ${pieceEnd} after its end at ${finalSize}`
    return protocolError(TransportErrorCode.FINAL_SIZE_ERROR, message)
  }
  if (isFin && pieceEnd < finalSize) return finalSizeChanged(stream, pieceEnd)
  const isUnreliable = (stream.state & StreamState.RESET_AT_RECEIVED) !== 0
  if ((stream.state & RECEIVE_OVER) !== 0) {
    // Nothing is left to say: an empty frame, or bytes beyond the reliable size that nobody needs.
    return isUnreliable || start === end ? undefined : outOfOrder(stream, offset)
  }
  if (offset !== stream.receiveOffset) return outOfOrder(stream, offset)
  stream.receiveOffset = pieceEnd
  if (end > start) take(stream, chunk, start, end)
  completeReset(stream)
  return undefined
}

/** Once the reliable bytes are there: what is missing never comes, and behind what waits the application is told. */
function completeReset(stream: Stream): void {
  const extra = extraOf(stream)
  const { core } = stream
  if (stream.receiveOffset < extra.reliableReceiveSize) return
  const missing = stream.receiveLimit - stream.receiveOffset
  stream.receiveOffset = stream.receiveLimit
  stream.state |= StreamState.RESET_RECEIVED
  if ((stream.state & StreamState.DISCARDING) === 0) {
    extra.receiveError = resetByPeer(stream.id, extra.receivedResetCode)
    extra.error ??= extra.receiveError
  }
  if (extra.reliableReceiveSize === 0) discardUnread(stream)
  else if (missing > 0) consume(stream, missing)
  deliver(stream)
  if ((stream.state & StreamState.READ_OVER) !== 0) core.settleLater(stream)
}

function finalSizeChanged(stream: Stream, finalSize: number): SessionError {
  const message = `stream ${stream.id}: final size ${finalSize} contradicts the ${stream.receiveOffset} bytes received`
  return protocolError(TransportErrorCode.FINAL_SIZE_ERROR, message)
}
