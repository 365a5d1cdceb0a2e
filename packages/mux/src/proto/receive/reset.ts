import type { WireInteger } from '@astranet/frame'
import { resetByPeer, type SessionError } from '../session/errors.js'
import { extraOf } from '../stream/extra.js'
import type { StreamRecord } from '../stream/host.js'
import { RECEIVE_OVER, StreamState } from '../stream/state.js'
import { consume } from './credit.js'
import {
  beyondFinalSize,
  finalSizeChanged,
  outOfOrder,
  overLimit,
  overSessionLimit,
  resetCodeChanged,
} from './faults.js'
import { deliver, take } from './half.js'
import { discardUnread } from './stop.js'
import { poolShare } from './stream-window.js'

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
export function receiveReset(stream: StreamRecord, frame: ResetFrame): SessionError | undefined {
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

/** The first frame that carries the final size. */
function noteSize(
  stream: StreamRecord,
  { code, finalSize, reliableSize }: ResetFrame,
): SessionError | undefined {
  const { receiveWindow } = stream.host
  if (finalSize < stream.receiveOffset) return finalSizeChanged(stream, finalSize)
  if (finalSize > stream.receiveLimit) return overLimit(stream, finalSize)
  if (!receiveWindow.receive(finalSize - stream.receiveOffset)) return overSessionLimit(stream)
  receiveWindow.growthBytes -= poolShare(stream)
  stream.state |= StreamState.RESET_AT_RECEIVED
  // From now on the stream's limit is its final size.
  stream.receiveLimit = finalSize
  const extra = extraOf(stream)
  extra.receivedResetCode = code
  extra.reliableReceiveSize = reliableSize
  return undefined
}

/** A later reset may lower the reliable size and change nothing else. */
function checkAgain(stream: StreamRecord, { code, finalSize }: ResetFrame): SessionError | undefined {
  if (finalSize !== stream.receiveLimit) return finalSizeChanged(stream, finalSize)
  return checkCode(stream, code)
}

function checkCode(stream: StreamRecord, code: WireInteger): SessionError | undefined {
  const { receivedResetCode } = extraOf(stream)
  return code === receivedResetCode ? undefined : resetCodeChanged(stream, code, receivedResetCode)
}

/** A piece of a STREAM frame arrived although the final size is known. */
export function receiveBehindSize(
  stream: StreamRecord,
  piece: { offset: number; chunk: Uint8Array; start: number; end: number; isFin: boolean },
): SessionError | undefined {
  const { offset, chunk, start, end, isFin } = piece
  const pieceEnd = offset + end - start
  const finalSize = (stream.state & RECEIVE_OVER) === 0 ? stream.receiveLimit : stream.receiveOffset
  if (pieceEnd > finalSize) return beyondFinalSize(stream, pieceEnd, finalSize)
  if (isFin && pieceEnd < finalSize) return finalSizeChanged(stream, pieceEnd)
  const isUnreliable = (stream.state & StreamState.RESET_AT_RECEIVED) !== 0
  if ((stream.state & RECEIVE_OVER) !== 0) {
    // Legal, and without effect: an empty frame, or bytes beyond the reliable size.
    return isUnreliable || start === end ? undefined : outOfOrder(stream, offset)
  }
  if (offset !== stream.receiveOffset) return outOfOrder(stream, offset)
  stream.receiveOffset = pieceEnd
  if (end > start) take(stream, chunk, start, end)
  completeReset(stream)
  return undefined
}

/** Once the reliable bytes are there, the missing ones never come: the reset is delivered behind what waits. */
function completeReset(stream: StreamRecord): void {
  const extra = extraOf(stream)
  const { host } = stream
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
  if ((stream.state & StreamState.READ_OVER) !== 0) host.checkEndLater(stream)
}
