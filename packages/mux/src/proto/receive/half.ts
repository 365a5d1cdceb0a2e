import type { StreamError, SessionError } from '../session/errors.js'
import { extraOf } from '../stream/extra.js'
import type { StreamEvents } from '../stream/handler.js'
import type { StreamRecord } from '../stream/host.js'
import { StreamState } from '../stream/state.js'
import { consume, countDelivered } from './credit.js'
import { outOfOrder, overLimit, overSessionLimit } from './faults.js'
import { ReceiveQueue } from './queue.js'
import { poolShare } from './stream-window.js'

/**
 * A piece of a STREAM frame arrived (RFC 9000 section 19.8), and the stream's final size is not known yet. Its
 * parameters are positional because it runs once for each of millions of frames.
 */
export function receive(
  stream: StreamRecord,
  offset: number,
  chunk: Uint8Array,
  start: number,
  end: number,
  isFin: boolean,
): SessionError | undefined {
  const { host } = stream
  const length = end - start
  if (offset !== stream.receiveOffset) return outOfOrder(stream, offset)
  if (offset + length > stream.receiveLimit) return overLimit(stream, offset + length)
  stream.receiveOffset += length
  if (!host.receiveWindow.receive(length)) return overSessionLimit(stream)
  if (isFin) {
    host.receiveWindow.growthBytes -= poolShare(stream)
    stream.state |= StreamState.FIN_RECEIVED
  }
  if (length > 0) take(stream, chunk, start, end)
  if (isFin) deliverEnd(stream)
  return undefined
}

/** Gives bytes that were accounted for to the application, or keeps or drops them. */
export function take(stream: StreamRecord, chunk: Uint8Array, start: number, end: number): void {
  const { state } = stream
  if ((state & StreamState.DISCARDING) !== 0) consume(stream, end - start)
  else if (
    (state & (StreamState.PAUSED | StreamState.DELIVERING)) !== 0 ||
    stream.receiveQueue !== undefined
  ) {
    keep(stream, chunk, start, end)
  } else {
    deliverChunk(stream, start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end))
  }
}

/** Gives one chunk to the application. */
function deliverChunk(stream: StreamRecord, chunk: Uint8Array): void {
  stream.state |= StreamState.DELIVERING
  try {
    stream.handler?.onData(stream, chunk)
  } catch (error) {
    stream.host.handlerFailed(stream, error)
  }
  stream.state &= ~StreamState.DELIVERING
  countDelivered(stream)
}

function keep(stream: StreamRecord, chunk: Uint8Array, start: number, end: number): void {
  const { host } = stream
  let queue = stream.receiveQueue
  if (queue === undefined) {
    queue = stream.receiveQueue = new ReceiveQueue()
    host.unread.add(stream)
  }
  const overhead = queue.heldBytes - queue.bytes
  queue.push(chunk, start, end)
  host.receiveWindow.addOverhead(queue.heldBytes - queue.bytes - overhead)
}

/** Delivers what waits, until nothing does or the application pauses; then the end or the error, if it is due. */
export function deliver(stream: StreamRecord): void {
  if ((stream.state & StreamState.DELIVERING) !== 0 || stream.handler === undefined) return
  while (stream.receiveQueue !== undefined && (stream.state & StreamState.PAUSED) === 0) {
    const block = shift(stream, stream.receiveQueue)
    if (block !== undefined) deliverChunk(stream, block)
    stream.host.unread.touched(stream)
  }
  if ((stream.state & StreamState.RESET_RECEIVED) === 0) deliverEnd(stream)
  else if (stream.receiveQueue === undefined) deliverReset(stream)
}

function shift(stream: StreamRecord, queue: ReceiveQueue): Uint8Array | undefined {
  const { host } = stream
  const overhead = queue.heldBytes - queue.bytes
  const block = queue.shift()
  host.receiveWindow.addOverhead(queue.heldBytes - queue.bytes - overhead)
  if (queue.bytes === 0) stream.receiveQueue = undefined
  return block
}

function deliverEnd(stream: StreamRecord): void {
  const required = StreamState.FIN_RECEIVED
  const forbidden = StreamState.PAUSED | StreamState.READ_OVER | StreamState.DELIVERING
  if ((stream.state & (required | forbidden)) !== required) {
    if ((stream.state & StreamState.READ_OVER) !== 0) stream.host.checkEndLater(stream)
    return
  }
  if (stream.receiveQueue !== undefined || stream.handler === undefined) return
  stream.state |= StreamState.READ_OVER
  try {
    stream.handler.onEnd(stream)
  } catch (error) {
    stream.host.handlerFailed(stream, error)
  }
  stream.host.checkEndLater(stream)
}

function deliverReset(stream: StreamRecord): void {
  if ((stream.state & StreamState.READ_OVER) !== 0 || stream.handler === undefined) return
  stream.state |= StreamState.READ_OVER
  const { handler } = stream
  const error = extraOf(stream).receiveError as StreamError
  stream.host.guard(stream, () => handler.onReset?.(stream, error))
  stream.host.checkEndLater(stream)
}

/** See `Stream.handle`. */
export function attach(stream: StreamRecord, handler: StreamEvents<StreamRecord>, isPaused: boolean): void {
  if (typeof handler?.onData !== 'function' || typeof handler.onEnd !== 'function') {
    throw new TypeError('handler must have onData and onEnd')
  }
  const { host } = stream
  stream.handler = handler
  if (isPaused) stream.state |= StreamState.PAUSED
  else stream.state &= ~StreamState.PAUSED
  const sendError = stream.extra?.sendError
  if (sendError !== undefined) host.guard(stream, () => handler.onStopSending?.(stream, sendError))
  if ((stream.state & StreamState.READ_OVER) !== 0) repeatEnd(stream, handler)
  else deliver(stream)
  if (stream.isClosed) host.guard(stream, () => handler.onClose?.(stream, stream.extra?.error))
}

/** An earlier handler was notified of the end of the receiving direction: the new handler has to know as well. */
function repeatEnd(stream: StreamRecord, handler: StreamEvents<StreamRecord>): void {
  const { host } = stream
  const error = stream.extra?.receiveError
  const isEnded =
    (stream.state & (StreamState.FIN_RECEIVED | StreamState.DISCARDING)) === StreamState.FIN_RECEIVED
  if (error !== undefined) host.guard(stream, () => handler.onReset?.(stream, error))
  else if (isEnded) host.guard(stream, () => handler.onEnd(stream))
}
