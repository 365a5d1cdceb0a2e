import type { WireInteger } from '@astranet/frame'
import { checkErrorCode } from '../error-code.js'
import type { StreamError } from '../session/errors.js'
import { extraOf } from '../stream/extra.js'
import type { StreamRecord } from '../stream/host.js'
import { RECEIVE_OVER, SIZE_KNOWN, StreamState } from '../stream/state.js'
import { consume } from './credit.js'
import { deliver } from './half.js'

/** See `Stream.stopSending`. The record stays until the peer's FIN or RESET_STREAM: its bytes must be accounted for. */
export function stopSending(stream: StreamRecord, code: WireInteger): void {
  checkErrorCode(code)
  if (!stream.canReceive) return
  if (stream.extra !== undefined) stream.extra.receiveError = undefined
  if ((stream.state & StreamState.READ_OVER) !== 0) {
    // What was delivered and does not count as consumed never will: its credit returns now.
    stream.state |= StreamState.DISCARDING
    discardUnread(stream)
    return
  }
  const isPeerDone = (stream.state & SIZE_KNOWN) !== 0 || stream.host.isClosing
  stream.state |= StreamState.DISCARDING | StreamState.READ_OVER
  discardUnread(stream)
  if (!isPeerDone) {
    extraOf(stream).stopCode = code
    stream.state |= StreamState.STOP_QUEUED
    stream.host.queueControl(stream)
  }
  stream.host.checkEndLater(stream)
}

/** Drops what is kept. All that was received counts as consumed, so that no credit is lost with a stream. */
export function discardUnread(stream: StreamRecord): void {
  const { host } = stream
  const queue = stream.receiveQueue
  if (queue !== undefined) {
    host.receiveWindow.addOverhead(queue.bytes - queue.heldBytes)
    stream.receiveQueue = undefined
  }
  host.unread.delete(stream)
  if (stream.unreadBytes > 0) consume(stream, stream.unreadBytes)
}

/** The session ended: a stream whose end has not arrived fails. A stream whose end has arrived is still delivered. */
export function cutOffReceiving(stream: StreamRecord, error: StreamError): void {
  if (!stream.canReceive || (stream.state & RECEIVE_OVER) !== 0) return
  discardUnread(stream)
  stream.state |= StreamState.RESET_RECEIVED
  if ((stream.state & StreamState.READ_OVER) !== 0) return
  const extra = extraOf(stream)
  extra.receiveError = error
  extra.error ??= error
  deliver(stream)
}
