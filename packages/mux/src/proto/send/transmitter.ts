import {
  MAX_CONTROL_FRAME_BYTES,
  MAX_STREAM_HEADER_BYTES,
  datagramHeaderLength,
  writeConnectionClose,
  writeDatagramHeader,
  writeDataBlocked,
  writeMaxData,
  writeMaxStreamData,
  writeMaxStreams,
  writePing,
  writePong,
  writeResetStream,
  writeResetStreamAt,
  writeStopSending,
  writeStreamDataBlocked,
  writeStreamHeader,
  writeStreamsBlocked,
  writeTransportParameters,
} from '@astranet/frame'
import { MAX_FAREWELL_BYTES, writeEnds } from './farewell.js'
import { RecordWriter } from './record-writer.js'
import type { Run } from './queue.js'
import type { SessionCore } from '../session/core.js'
import { COPY_LIMIT_BYTES } from './slab.js'
import { SEND_OVER, SIZE_KNOWN, StreamState } from '../stream/state.js'
import { extraOf } from '../stream/extra.js'
import type { Stream } from '../stream/stream.js'

/** The last urgency of RFC 9218: where it has credit, all have. */
const LEAST_URGENCY = 7

/** What one stream sends before the next one of its urgency has its turn, in bytes. */
const QUANTUM_BYTES = 64 * 1024

/** Room for transport parameters or a close with its reason. */
const MAX_LONG_FRAME_BYTES = 1_536

/** A record too full for this much of a payload is closed before it. */
const MIN_PAYLOAD_BYTES = 2_048

/**
 * Puts what is to be sent into records: first the session's control frames, then those of streams, then stream data by
 * urgency and round robin. Nothing is queued per frame: each source is a flag or a limit that is read when its frame is
 * written.
 */
export class Transmitter {
  readonly writer: RecordWriter
  readonly #core: SessionCore

  constructor(core: SessionCore) {
    this.#core = core
    this.writer = new RecordWriter(() => core.peer.maxRecordSizeBytes)
  }

  /** Gathers up to one turn. Returns whether more waits and could go at once. */
  gather(): boolean {
    const core = this.#core
    if (core.areParametersDue) this.#writeParameters()
    if (core.hasPeerParameters && core.state === 'open') {
      this.#writeSessionControl()
      this.#writeStreamControl()
      this.#writeDatagrams()
      this.#writeStreams()
      this.#writeDataBlocked()
      this.#writeCreditAlong()
    }
    if (core.closeFrame !== undefined) this.#writeFarewell()
    return this.writer.bytes >= core.flushSize.bytes
  }

  /** How much of streams goes into this flush, in bytes. */
  get #limit(): number {
    const { isOver, flushSize } = this.#core
    // In front of a close there is no next flush.
    return isOver ? MAX_FAREWELL_BYTES : flushSize.bytes
  }

  #writeParameters(): void {
    const { writer } = this
    writer.reserve(MAX_LONG_FRAME_BYTES)
    writer.wrote(writeTransportParameters(writer.buffer, writer.at, this.#core.ownParameters))
    this.#core.areParametersDue = false
  }

  /**
   * The close, and in front of it what the application had written, ended and reset when it closed the session, as far as
   * the credit goes; and, when the session leaves, the end of every stream.
   */
  #writeFarewell(): void {
    const core = this.#core
    if (core.hasPeerParameters && core.closeFrame?.isApplication === true) {
      this.#writeStreamControl()
      this.#writeStreams()
      if (core.isLeaving) writeEnds(core, this.writer)
    }
    this.#writeClose()
  }

  #writeClose(): void {
    const { writer } = this
    const frame = this.#core.closeFrame
    if (frame === undefined) return
    writer.reserve(MAX_LONG_FRAME_BYTES)
    writer.wrote(writeConnectionClose(writer.buffer, writer.at, frame))
    this.#core.closeFrame = undefined
  }

  #writeSessionControl(): void {
    const core = this.#core
    const { writer } = this
    const { liveness, now } = core
    if (liveness.isPongDue) {
      writer.reserve(MAX_CONTROL_FRAME_BYTES)
      writer.wrote(writePong(writer.buffer, writer.at, liveness.pongHigh, liveness.pongLow))
      liveness.isPongDue = false
    }
    if (core.receiveWindow.isUpdateDue()) this.#writeMaxData(true)
    if (liveness.isPingDue) {
      writer.reserve(MAX_CONTROL_FRAME_BYTES)
      writer.wrote(writePing(writer.buffer, writer.at, 0, liveness.pingSent(now)))
    }
    this.#writeStreamLimits(true)
    this.#writeStreamLimits(false)
  }

  #writeMaxData(isDue: boolean): void {
    const core = this.#core
    const { writer } = this
    if (!core.updateSessionWindow(isDue)) return
    writer.reserve(MAX_CONTROL_FRAME_BYTES)
    writer.wrote(writeMaxData(writer.buffer, writer.at, core.receiveWindow.limit))
  }

  /** A MAX_DATA that would soon need a flush of its own goes with this one, if there is one. */
  #writeCreditAlong(): void {
    if (this.writer.bytes > 0 && this.#core.receiveWindow.isUpdateWelcome()) this.#writeMaxData(false)
  }

  /** Behind the stream data that has used the credit up: nothing else may be due for a long time. */
  #writeDataBlocked(): void {
    const { writer } = this
    const { sendWindow } = this.#core
    if (!sendWindow.isBlockedFrameDue) return
    sendWindow.isBlockedFrameDue = false
    writer.reserve(MAX_CONTROL_FRAME_BYTES)
    writer.wrote(writeDataBlocked(writer.buffer, writer.at, sendWindow.limit))
  }

  #writeStreamLimits(isBidirectional: boolean): void {
    const core = this.#core
    const { writer } = this
    const peer = isBidirectional ? core.peerBidi : core.peerUni
    if (peer.isUpdateDue()) {
      peer.update()
      writer.reserve(MAX_CONTROL_FRAME_BYTES)
      writer.wrote(writeMaxStreams(writer.buffer, writer.at, isBidirectional, peer.limit))
    }
    const local = isBidirectional ? core.localBidi : core.localUni
    if (!local.isBlockedFrameDue) return
    local.isBlockedFrameDue = false
    writer.reserve(MAX_CONTROL_FRAME_BYTES)
    writer.wrote(writeStreamsBlocked(writer.buffer, writer.at, isBidirectional, local.limit))
  }

  #writeStreamControl(): void {
    const core = this.#core
    const list = core.takeControlList()
    for (let i = 0; i < list.length; i++) {
      if (this.writer.bytes >= this.#limit) {
        core.keepControlList(list, i)
        return
      }
      this.#writeControlOf(list[i] as Stream)
    }
  }

  #writeControlOf(stream: Stream): void {
    const { writer } = this
    const { id } = stream
    const queued = stream.state
    stream.state &= ~(
      StreamState.CONTROL_LISTED |
      StreamState.STOP_QUEUED |
      StreamState.RESET_QUEUED |
      StreamState.CREDIT_QUEUED |
      StreamState.BLOCKED_QUEUED
    )
    // RFC 9000 section 3.3: who has the final size has no use for more credit, and nothing left to stop. In front of a close
    // neither says anything that the close does not.
    const isReceiving = (queued & SIZE_KNOWN) === 0 && !this.#core.isOver
    if (isReceiving && (queued & StreamState.STOP_QUEUED) !== 0) {
      writer.reserve(MAX_CONTROL_FRAME_BYTES)
      writer.wrote(writeStopSending(writer.buffer, writer.at, id, extraOf(stream).stopCode))
      stream.state |= StreamState.ANNOUNCED
    }
    if ((queued & StreamState.RESET_QUEUED) !== 0) {
      writer.reserve(MAX_CONTROL_FRAME_BYTES)
      writer.wrote(
        writeResetStream(writer.buffer, writer.at, id, extraOf(stream).resetCode, stream.sendOffset),
      )
      stream.state |= StreamState.RESET_SENT | StreamState.ANNOUNCED
      this.#core.settleLater(stream)
    }
    if (isResetAtDue(stream)) this.#writeResetAt(stream)
    if (isEmptyFrameDue(stream)) {
      writer.reserve(MAX_STREAM_HEADER_BYTES)
      this.#writeHeader(stream, 0, (stream.state & StreamState.FIN_QUEUED) !== 0)
    }
    if (isReceiving && (queued & StreamState.CREDIT_QUEUED) !== 0) {
      writer.reserve(MAX_CONTROL_FRAME_BYTES)
      writer.wrote(writeMaxStreamData(writer.buffer, writer.at, id, stream.receiveLimit))
      stream.state |= StreamState.ANNOUNCED
    }
    if ((queued & StreamState.BLOCKED_QUEUED) !== 0) this.#writeStreamDataBlocked(stream)
  }

  #writeStreamDataBlocked(stream: Stream): void {
    const { writer } = this
    writer.reserve(MAX_CONTROL_FRAME_BYTES)
    writer.wrote(writeStreamDataBlocked(writer.buffer, writer.at, stream.id, stream.sendLimit))
    stream.state |= StreamState.BLOCKED_SENT | StreamState.ANNOUNCED
  }

  #writeResetAt(stream: Stream): void {
    const { writer } = this
    const { resetCode, reliableSendSize } = extraOf(stream)
    const size = stream.sendOffset
    writer.reserve(MAX_CONTROL_FRAME_BYTES)
    writer.wrote(
      writeResetStreamAt(
        writer.buffer,
        writer.at,
        stream.id,
        resetCode,
        size,
        Math.min(reliableSendSize, size),
      ),
    )
    stream.state |= StreamState.RESET_SENT | StreamState.ANNOUNCED
    this.#core.settleLater(stream)
  }

  /** RFC 9221. Behind control frames and before stream data: a datagram that waits is worth less. */
  #writeDatagrams(): void {
    const { writer } = this
    const { datagrams, flushSize } = this.#core
    for (let payload = datagrams.first; payload !== undefined; payload = datagrams.first) {
      if (writer.bytes >= flushSize.bytes) return
      writer.reserve(datagramHeaderLength(payload.length), payload.length)
      writer.wrote(writeDatagramHeader(writer.buffer, writer.at, payload.length))
      if (payload.length <= COPY_LIMIT_BYTES && writer.canCopy(payload.length)) {
        writer.copy(payload, 0, payload.length)
      } else writer.reference(payload, 0, payload.length)
      datagrams.shift()
    }
  }

  #writeStreams(): void {
    const { writer } = this
    const { scheduler, sendWindow } = this.#core
    const limit = this.#limit
    while (writer.bytes < limit) {
      const stream = scheduler.take(sendWindow.available(LEAST_URGENCY) > 0)
      if (stream === undefined) return
      const credit = sendWindow.available(stream.urgencyLevel)
      if (credit === 0) {
        // Urgency 0 comes first and has the most credit: where there is none for this stream, there is none for the rest.
        scheduler.putBack(stream)
        sendWindow.blocked()
        return
      }
      this.#writeStream(stream, credit)
    }
  }

  #writeStream(stream: Stream, credit: number): void {
    const queue = stream.sendQueue
    if (queue === undefined) return
    const { writer } = this
    writer.reserve(MAX_STREAM_HEADER_BYTES, Math.min(queue.bytes, MIN_PAYLOAD_BYTES))
    const allowed = Math.min(
      QUANTUM_BYTES,
      this.#core.flushSize.bytes,
      credit,
      stream.sendLimit - stream.sendOffset,
    )
    const length = Math.min(queue.bytes, allowed, writer.room - MAX_STREAM_HEADER_BYTES)
    const isFin = length === queue.bytes && (stream.state & StreamState.FIN_QUEUED) !== 0
    if (length > 0) {
      this.#writeHeader(stream, length, isFin)
      this.#writePayload(stream, length)
    }
    this.#after(stream)
  }

  #writeHeader(stream: Stream, length: number, isFin: boolean): void {
    const { writer } = this
    const core = this.#core
    writer.wrote(writeStreamHeader(writer.buffer, writer.at, stream.id, stream.sendOffset, length, isFin))
    stream.sendOffset += length
    core.sendWindow.sent += length
    core.scheduler.sent(length)
    core.sendBufferedBytes -= length
    stream.state |= StreamState.ANNOUNCED
    if (!isFin) return
    stream.state |= StreamState.FIN_SENT
    core.settleLater(stream)
  }

  #writePayload(stream: Stream, length: number): void {
    const { writer } = this
    const queue = stream.sendQueue
    if (queue === undefined) return
    let left = length
    while (left > 0) {
      const run = queue.head as Run
      const count = Math.min(left, run.end - run.start)
      if (count <= COPY_LIMIT_BYTES && writer.canCopy(count))
        writer.copy(run.buffer, run.start, run.start + count)
      else writer.reference(run.buffer, run.start, run.start + count)
      queue.advance(count)
      left -= count
    }
    if (queue.bytes === 0) stream.sendQueue = undefined
  }

  /** Decides what becomes of a stream that had its turn. */
  #after(stream: Stream): void {
    const core = this.#core
    const waiting = stream.sendQueue === undefined ? 0 : stream.sendQueue.bytes
    if (waiting === 0 && isResetAtDue(stream)) this.#writeResetAt(stream)
    if (waiting > 0) {
      if (stream.sendOffset < stream.sendLimit) core.scheduler.add(stream)
      // Behind the data that used the credit up: a flush of its own would cost both sides more than its bytes.
      else if (!core.isOver) this.#writeStreamDataBlocked(stream)
    }
    if (
      (stream.state & StreamState.WRITE_BLOCKED) !== 0 &&
      waiting <= core.options.sendHighWaterMarkBytes / 2
    ) {
      stream.state &= ~StreamState.WRITE_BLOCKED
      core.writable.push(stream)
    }
    if (waiting === 0 && (stream.state & StreamState.FLUSH_OWED) !== 0) core.flushed.push(stream)
  }
}

/**
 * Whether the stream needs a STREAM frame without payload: to be known to the peer, or to end after its last byte was
 * sent. Such frames need no credit, so they never wait behind data that does.
 */
function isEmptyFrameDue(stream: Stream): boolean {
  if (stream.sendQueue !== undefined || !stream.canSend) return false
  if ((stream.state & (SEND_OVER | StreamState.RESET_QUEUED | StreamState.RESET_AT_QUEUED)) !== 0)
    return false
  return (stream.state & StreamState.FIN_QUEUED) !== 0 || (stream.state & StreamState.ANNOUNCED) === 0
}

/** Whether the reliable bytes have been sent and the RESET_STREAM_AT has not. */
function isResetAtDue(stream: Stream): boolean {
  const due = StreamState.RESET_AT_QUEUED
  return (stream.state & (due | SEND_OVER)) === due && stream.sendQueue === undefined
}
