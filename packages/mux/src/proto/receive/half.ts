import { invalidType } from '@astranet/interface/check'
import { BUFFER_BYTES, giveBuffer } from '../buffers.js'
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
    deliverChunk(stream, pieceOf(stream, chunk, start, end))
  }
}

/** The user of a carrier checks whether a chunk is lent. All others get bytes of their own. */
function pieceOf(stream: StreamRecord, chunk: Uint8Array, start: number, end: number): Uint8Array {
  // A Buffer's own `slice` would not copy.
  if (stream.host.isLending && (stream.state & StreamState.CARRIER) === 0)
    return Uint8Array.prototype.slice.call(chunk, start, end)
  return start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end)
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
  const queue = queueOf(stream)
  const overhead = queue.heldBytes - queue.bytes
  queue.push(chunk, start, end)
  host.receiveWindow.addOverhead(queue.heldBytes - queue.bytes - overhead)
}

/** See `Stream.putBack`: the bytes wait in front of all others, until `resume`. */
export function putBack(stream: StreamRecord, bytes: Uint8Array): void {
  stream.state |= StreamState.PAUSED
  const { host } = stream
  const queue = queueOf(stream)
  const overhead = queue.heldBytes - queue.bytes
  queue.putBack(bytes)
  host.receiveWindow.addOverhead(queue.heldBytes - queue.bytes - overhead)
}

function queueOf(stream: StreamRecord): ReceiveQueue {
  if (stream.receiveQueue === undefined) {
    stream.receiveQueue = new ReceiveQueue((stream.state & StreamState.CARRIER) !== 0)
    stream.host.unread.add(stream)
  }
  return stream.receiveQueue
}

/** Delivers what waits, until nothing does or the application pauses; then the end or the error, if it is due. */
export function deliver(stream: StreamRecord): void {
  if ((stream.state & StreamState.DELIVERING) !== 0 || stream.handler === undefined) return
  while (stream.receiveQueue !== undefined && (stream.state & StreamState.PAUSED) === 0)
    deliverQueued(stream, stream.receiveQueue, Infinity)
  if ((stream.state & StreamState.RESET_RECEIVED) === 0) deliverEnd(stream)
  else if (stream.receiveQueue === undefined) deliverReset(stream)
}

/** Delivers at most `maxBytes` of what waits. While more waits the stream stays paused. */
export function deliverSome(stream: StreamRecord, maxBytes: number): void {
  if ((stream.state & StreamState.DELIVERING) !== 0 || stream.handler === undefined) return
  let left = maxBytes
  while (stream.receiveQueue !== undefined && left > 0) {
    left -= deliverQueued(stream, stream.receiveQueue, left)
  }
  if (stream.receiveQueue !== undefined) return
  stream.state &= ~StreamState.PAUSED
  deliver(stream)
}

/**
 * Delivers a block that waits, or `maxBytes` of it; returns how many bytes. A block of a carrier is lent to its
 * handler, and used again afterwards.
 */
function deliverQueued(stream: StreamRecord, queue: ReceiveQueue, maxBytes: number): number {
  const { host } = stream
  const overhead = queue.heldBytes - queue.bytes
  const piece = queue.shift(maxBytes)
  const { emptied } = queue
  host.receiveWindow.addOverhead(queue.heldBytes - queue.bytes - overhead)
  if (queue.bytes === 0) stream.receiveQueue = undefined
  if (piece === undefined) return 0
  if ((stream.state & StreamState.CARRIER) === 0) deliverChunk(stream, piece)
  else {
    const wasLending = host.isLending
    host.isLending = true
    try {
      deliverChunk(stream, piece)
    } finally {
      host.isLending = wasLending
    }
    if (emptied?.length === BUFFER_BYTES) giveBuffer(emptied)
  }
  host.unread.touched(stream)
  return piece.length
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
    throw invalidType('handler', 'an object with onData and onEnd', handler)
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
