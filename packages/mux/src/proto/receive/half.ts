import { TransportErrorCode, type WireInteger } from '@astranet/frame'
import { checkErrorCode } from '../check.js'
import { protocolError, StreamError, type SessionError } from '../session/errors.js'
import { ReceiveQueue } from './queue.js'
import { consume, countDelivered } from './credit.js'
import { growthOf } from './stream-window.js'
import { RECEIVE_OVER, SIZE_KNOWN, StreamState } from '../stream/state.js'
import { extraOf } from '../stream/extra.js'
import type { Stream, StreamHandler } from '../stream/stream.js'

/**
 * A piece of a STREAM frame arrived (RFC 9000 section 19.8), and the stream's final size is not known yet. Positional,
 * for it runs once for each of millions of frames.
 */
export function receive(
  stream: Stream,
  offset: number,
  chunk: Uint8Array,
  start: number,
  end: number,
  isFin: boolean,
): SessionError | undefined {
  const { core } = stream
  const length = end - start
  if (offset !== stream.receiveOffset) return outOfOrder(stream, offset)
  if (offset + length > stream.receiveLimit) return overLimit(stream, offset + length)
  stream.receiveOffset += length
  if (!core.receiveWindow.receive(length)) return overSessionLimit(stream)
  if (isFin) {
    core.receiveWindow.growthBytes -= growthOf(stream)
    stream.state |= StreamState.FIN_RECEIVED
  }
  if (length > 0) take(stream, chunk, start, end)
  if (isFin) deliverEnd(stream)
  return undefined
}

/** Gives bytes that were accounted for to the application, or keeps or drops them. */
export function take(stream: Stream, chunk: Uint8Array, start: number, end: number): void {
  const { state } = stream
  if ((state & StreamState.DISCARDING) !== 0) consume(stream, end - start)
  else if (
    (state & (StreamState.PAUSED | StreamState.DELIVERING)) !== 0 ||
    stream.receiveQueue !== undefined
  ) {
    keep(stream, chunk, start, end)
  } else {
    hand(stream, start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end))
  }
}

/** Gives one chunk to the application. */
function hand(stream: Stream, chunk: Uint8Array): void {
  stream.state |= StreamState.DELIVERING
  try {
    stream.handler?.onData(stream, chunk)
  } catch (error) {
    stream.core.handlerFailed(stream, error)
  }
  stream.state &= ~StreamState.DELIVERING
  countDelivered(stream)
}

function keep(stream: Stream, chunk: Uint8Array, start: number, end: number): void {
  const { core } = stream
  let queue = stream.receiveQueue
  if (queue === undefined) {
    queue = stream.receiveQueue = new ReceiveQueue()
    core.unread.add(stream)
  }
  const overhead = queue.heldBytes - queue.bytes
  queue.push(chunk, start, end)
  core.receiveWindow.addOverhead(queue.heldBytes - queue.bytes - overhead)
}

/** Delivers what waits, until nothing does or the application pauses; then the end or the error, if it is due. */
export function deliver(stream: Stream): void {
  if ((stream.state & StreamState.DELIVERING) !== 0 || stream.handler === undefined) return
  while (stream.receiveQueue !== undefined && (stream.state & StreamState.PAUSED) === 0) {
    const block = shift(stream, stream.receiveQueue)
    if (block !== undefined) hand(stream, block)
    stream.core.unread.touched(stream)
  }
  if ((stream.state & StreamState.RESET_RECEIVED) === 0) deliverEnd(stream)
  else if (stream.receiveQueue === undefined) deliverReset(stream)
}

function shift(stream: Stream, queue: ReceiveQueue): Uint8Array | undefined {
  const { core } = stream
  const overhead = queue.heldBytes - queue.bytes
  const block = queue.shift()
  core.receiveWindow.addOverhead(queue.heldBytes - queue.bytes - overhead)
  if (queue.bytes === 0) stream.receiveQueue = undefined
  return block
}

function deliverEnd(stream: Stream): void {
  const wanted = StreamState.FIN_RECEIVED
  const unwanted = StreamState.PAUSED | StreamState.READ_OVER | StreamState.DELIVERING
  if ((stream.state & (wanted | unwanted)) !== wanted) {
    if ((stream.state & StreamState.READ_OVER) !== 0) stream.core.settleLater(stream)
    return
  }
  if (stream.receiveQueue !== undefined || stream.handler === undefined) return
  stream.state |= StreamState.READ_OVER
  try {
    stream.handler.onEnd(stream)
  } catch (error) {
    stream.core.handlerFailed(stream, error)
  }
  stream.core.settleLater(stream)
}

function deliverReset(stream: Stream): void {
  if ((stream.state & StreamState.READ_OVER) !== 0 || stream.handler === undefined) return
  stream.state |= StreamState.READ_OVER
  const { handler } = stream
  const error = extraOf(stream).receiveError as StreamError
  stream.core.guard(stream, () => handler.onReset?.(stream, error))
  stream.core.settleLater(stream)
}

/** See `Stream.handle`. */
export function attach(stream: Stream, handler: StreamHandler): void {
  if (typeof handler?.onData !== 'function' || typeof handler.onEnd !== 'function') {
    throw new TypeError('handler must have onData and onEnd')
  }
  const { core } = stream
  stream.handler = handler
  stream.state &= ~StreamState.PAUSED
  const sendError = stream.extra?.sendError
  if (sendError !== undefined) core.guard(stream, () => handler.onStopSending?.(stream, sendError))
  if ((stream.state & StreamState.READ_OVER) !== 0) tellReadOver(stream, handler)
  else deliver(stream)
  if (stream.isClosed) core.guard(stream, () => handler.onClose?.(stream, stream.extra?.error))
}

/** An earlier handler was told how the receiving direction ended: the one who takes over has to know as well. */
function tellReadOver(stream: Stream, handler: StreamHandler): void {
  const { core } = stream
  const error = stream.extra?.receiveError
  const isEnded =
    (stream.state & (StreamState.FIN_RECEIVED | StreamState.DISCARDING)) === StreamState.FIN_RECEIVED
  if (error !== undefined) core.guard(stream, () => handler.onReset?.(stream, error))
  else if (isEnded) core.guard(stream, () => handler.onEnd(stream))
}

/** See `Stream.stopSending`. The record stays until the peer's FIN or RESET_STREAM: its bytes must be accounted for. */
export function stopSending(stream: Stream, code: WireInteger): void {
  checkErrorCode(code)
  if (!stream.canReceive) return
  if (stream.extra !== undefined) stream.extra.receiveError = undefined
  if ((stream.state & StreamState.READ_OVER) !== 0) {
    // What was delivered and does not count as consumed never will: its credit returns now.
    stream.state |= StreamState.DISCARDING
    discardUnread(stream)
    return
  }
  const isOver = (stream.state & SIZE_KNOWN) !== 0 || stream.core.isOver
  stream.state |= StreamState.DISCARDING | StreamState.READ_OVER
  discardUnread(stream)
  if (!isOver) {
    extraOf(stream).stopCode = code
    stream.state |= StreamState.STOP_QUEUED
    stream.core.queueControl(stream)
  }
  stream.core.settleLater(stream)
}

/**
 * Takes the stream from an application that does not read it: STOP_SENDING and RESET_STREAM to the peer, `onReset` with
 * `ASTRA_ERR_STREAM_EVICTED` to the application.
 */
export function evict(stream: Stream, code: WireInteger): void {
  // What was delivered whole is in the application's hands: there is nothing to take back.
  if ((stream.state & StreamState.READ_OVER) !== 0) return
  const unread = stream.unreadBytes
  const message = `stream ${stream.id} was evicted: ${unread} bytes waited unread while the session's receive buffer was full`
  const error = new StreamError('ASTRA_ERR_STREAM_EVICTED', message, { applicationCode: code })
  const { handler } = stream
  stream.destroy(code)
  const extra = extraOf(stream)
  extra.receiveError = error
  extra.error ??= error
  stream.core.guard(stream, () => handler?.onReset?.(stream, error))
}

/** Drops what is kept; all that was received counts as consumed, so that no credit is lost with a stream. */
export function discardUnread(stream: Stream): void {
  const { core } = stream
  const queue = stream.receiveQueue
  if (queue !== undefined) {
    core.receiveWindow.addOverhead(queue.bytes - queue.heldBytes)
    stream.receiveQueue = undefined
  }
  core.unread.delete(stream)
  if (stream.unreadBytes > 0) consume(stream, stream.unreadBytes)
}

/** The session is over: a stream whose end has not arrived never gets it. One whose end has is still delivered. */
export function cutOffReceiving(stream: Stream, error: StreamError): void {
  if (!stream.canReceive || (stream.state & RECEIVE_OVER) !== 0) return
  discardUnread(stream)
  stream.state |= StreamState.RESET_RECEIVED
  if ((stream.state & StreamState.READ_OVER) !== 0) return
  const extra = extraOf(stream)
  extra.receiveError = error
  extra.error ??= error
  deliver(stream)
}

/** Pieces must come in order (draft-ietf-quic-qmux, "Ordering of STREAM Frames"). */
export function outOfOrder(stream: Stream, offset: number): SessionError {
  const message = `stream ${stream.id}: data at offset ${offset} does not follow offset ${stream.receiveOffset}`
  return protocolError(TransportErrorCode.PROTOCOL_VIOLATION, message)
}

/** The peer sent beyond its credit on the stream. */
export function overLimit(stream: Stream, end: number): SessionError {
  const message = `stream ${stream.id}: data up to offset ${end} exceeds MAX_STREAM_DATA ${stream.receiveLimit}`
  return protocolError(TransportErrorCode.FLOW_CONTROL_ERROR, message)
}

/** The peer sent beyond its credit on the session. */
export function overSessionLimit(stream: Stream): SessionError {
  const { received, limit } = stream.core.receiveWindow
  const message = `${received} bytes received with stream ${stream.id} exceed MAX_DATA ${limit}`
  return protocolError(TransportErrorCode.FLOW_CONTROL_ERROR, message)
}
