import type { WireInteger } from '@astranet/frame'
import { invalidType } from '@astranet/interface/check'
import { checkErrorCode } from '../error-code.js'
import { StreamError } from '../session/errors.js'
import type { StreamRecord } from '../stream/host.js'
import { SEND_ENDED, SEND_OVER, StreamState } from '../stream/state.js'
import { copyAndRelease, keptAfterClose } from './copies.js'
import { SendQueue } from './queue.js'
import { reset, resetAt } from './reset.js'
import { COPY_LIMIT_BYTES } from './slab.js'

const CANNOT_WRITE = SEND_ENDED | SEND_OVER | StreamState.CLOSED

/** See `Stream.canWrite`. */
export function canWrite(stream: StreamRecord): boolean {
  return (stream.state & CANNOT_WRITE) === 0 && !stream.host.isClosing && stream.canSend
}

/** What happens with the bytes of a large write: small ones are always copied. */
export const WriteMode = {
  /** The session refers to them, and nobody changes them any more. */
  GIVEN: 0,
  /** The session refers to them until the connection has taken them. */
  REFERENCED: 1,
  /** They are copied at once. */
  COPIED: 2,
} as const

/** What happens with the bytes of a large write. */
export type WriteMode = (typeof WriteMode)[keyof typeof WriteMode]

/** See `Stream.write`, `Stream.writeReferenced` and `Stream.writeCopied`. */
export function write(stream: StreamRecord, bytes: Uint8Array, mode: WriteMode): boolean {
  if (!(bytes instanceof Uint8Array)) throw invalidType('bytes', 'an instance of Uint8Array', bytes)
  const { host } = stream
  if (!canWrite(stream)) return refuseWrite(stream)
  if (bytes.length === 0) return (stream.state & StreamState.WRITE_BLOCKED) === 0
  const queue = (stream.sendQueue ??= new SendQueue())
  if (bytes.length <= COPY_LIMIT_BYTES) {
    const { slab } = host
    slab.append(bytes)
    queue.push(slab.buffer, slab.used - bytes.length, slab.used)
  } else if (mode === WriteMode.COPIED) host.blocks.append(queue, bytes)
  else if (mode === WriteMode.GIVEN) queue.push(bytes, 0, bytes.length)
  else {
    queue.pushBorrowed(bytes, host)
    borrow(stream)
  }
  host.sendBufferedBytes += bytes.length
  host.schedule(stream)
  if (isBelowMarks(stream, 0)) return true
  stream.state |= StreamState.WRITE_BLOCKED
  return false
}

/** The stream refers to a buffer of the application. That of a carrier waits: a copy would take more from its user. */
function borrow(stream: StreamRecord): void {
  if ((stream.state & StreamState.CARRIER) === 0) stream.host.borrowed.add(stream)
  else stream.state |= StreamState.FLUSH_OWED
}

/** Whether a write of `bytes` would return true. */
export function hasRoomFor(stream: StreamRecord, bytes: number): boolean {
  return canWrite(stream) && isBelowMarks(stream, bytes)
}

/** Whether less than the high-water marks of stream and session waits, once `bytes` are added. */
function isBelowMarks(stream: StreamRecord, bytes: number): boolean {
  const { host } = stream
  return (
    stream.bufferedBytes + bytes < host.options.sendHighWaterMarkBytes &&
    host.sendBufferedBytes + bytes < host.options.maxSendBufferBytes
  )
}

/** See `Stream.isSessionFull`. */
export function isSessionFull({ host }: StreamRecord): boolean {
  return host.sendBufferedBytes >= host.options.maxSendBufferBytes
}

/** A write that is impossible. The caller's mistake throws; the peer and the session reported theirs by an event. */
function refuseWrite(stream: StreamRecord): false {
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
export function end(stream: StreamRecord): void {
  if ((stream.state & CANNOT_WRITE) !== 0 || !stream.canSend) return
  stream.state |= StreamState.FIN_QUEUED
  // With bytes waiting, the FIN goes with the last of them; without, it is a frame that needs no credit.
  if (stream.sendQueue === undefined) stream.host.queueControl(stream)
}

/** See `Stream.close`. */
export function close(stream: StreamRecord, code: WireInteger): void {
  checkErrorCode(code)
  if ((stream.state & SEND_ENDED) !== 0 && (stream.state & StreamState.FIN_QUEUED) === 0) return
  if (!stream.canSend || (stream.state & SEND_OVER) !== 0 || stream.host.isClosing) return
  const { host, bufferedBytes } = stream
  const kept = Math.min(bufferedBytes, keptAfterClose(stream))
  if (kept === bufferedBytes) end(stream)
  else if (host.peer.resetStreamAt) resetAt(stream, stream.sendOffset + kept, code)
  else reset(stream, code)
  copyAndRelease(stream)
  if (!hasCreditForAll(stream)) host.closed.add(stream)
}

function hasCreditForAll({
  host,
  bufferedBytes,
  sendLimit,
  sendOffset,
  urgencyLevel,
}: StreamRecord): boolean {
  return bufferedBytes <= Math.min(sendLimit - sendOffset, host.sendWindow.available(urgencyLevel))
}

/** MAX_STREAM_DATA arrived (RFC 9000 section 19.10): limits never go down. */
export function raiseLimit(stream: StreamRecord, limit: number): void {
  if (limit <= stream.sendLimit) return
  stream.sendLimit = limit
  stream.state &= ~(StreamState.BLOCKED_SENT | StreamState.BLOCKED_QUEUED)
  if (stream.sendQueue !== undefined) stream.host.schedule(stream)
  if ((stream.state & StreamState.CARRIER) !== 0)
    stream.host.guard(stream, () => stream.handler?.onProgress?.(stream))
}
