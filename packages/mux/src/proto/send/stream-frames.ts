import {
  MAX_CONTROL_FRAME_BYTES,
  MAX_STREAM_HEADER_BYTES,
  writeMaxStreamData,
  writeResetStream,
  writeResetStreamAt,
  writeStopSending,
  writeStreamDataBlocked,
  writeStreamHeader,
} from '@astranet/frame'
import { extraOf } from '../stream/extra.js'
import type { StreamRecord } from '../stream/host.js'
import { SEND_OVER, SIZE_KNOWN, StreamState } from '../stream/state.js'
import type { SendHost } from './host.js'
import type { RecordWriter } from './record-writer.js'

/** Writes the frames of streams, all but the payload of STREAM frames. */
export class StreamFrames {
  readonly #host: SendHost
  readonly #writer: RecordWriter

  constructor(host: SendHost, writer: RecordWriter) {
    this.#host = host
    this.#writer = writer
  }

  /** The control frames that are due, until the flush holds `maxBytes`. */
  writeControl(maxBytes: number): void {
    const { work } = this.#host
    const list = work.takeControl()
    for (let i = 0; i < list.length; i++) {
      if (this.#writer.bytes >= maxBytes) {
        work.keepControl(list, i)
        return
      }
      this.#writeControlOf(list[i] as StreamRecord)
    }
  }

  #writeControlOf(stream: StreamRecord): void {
    const writer = this.#writer
    const { id } = stream
    const queued = stream.state
    stream.state &= ~(
      StreamState.CONTROL_LISTED |
      StreamState.STOP_QUEUED |
      StreamState.RESET_QUEUED |
      StreamState.CREDIT_QUEUED |
      StreamState.BLOCKED_QUEUED
    )
    // RFC 9000 section 3.3: a receiver that has the final size needs no more credit and has nothing left to stop. In front
    // of a close neither frame says anything that the close does not.
    const isReceiving = (queued & SIZE_KNOWN) === 0 && !this.#host.isClosing
    if (isReceiving && (queued & StreamState.STOP_QUEUED) !== 0) {
      writer.reserve(MAX_CONTROL_FRAME_BYTES)
      writer.wrote(writeStopSending(writer.buffer, writer.at, id, extraOf(stream).stopCode))
      stream.state |= StreamState.ANNOUNCED
    }
    if ((queued & StreamState.RESET_QUEUED) !== 0) this.#writeReset(stream)
    if (isResetAtDue(stream)) this.writeResetAt(stream)
    if (isEmptyFrameDue(stream)) {
      writer.reserve(MAX_STREAM_HEADER_BYTES)
      this.writeHeader(stream, 0, (stream.state & StreamState.FIN_QUEUED) !== 0)
    }
    if (isReceiving && (queued & StreamState.CREDIT_QUEUED) !== 0) {
      writer.reserve(MAX_CONTROL_FRAME_BYTES)
      writer.wrote(writeMaxStreamData(writer.buffer, writer.at, id, stream.receiveLimit))
      stream.state |= StreamState.ANNOUNCED
    }
    if ((queued & StreamState.BLOCKED_QUEUED) !== 0) this.writeDataBlocked(stream)
  }

  /** The header of a STREAM frame, and the accounting for its payload. There must be room for it. */
  writeHeader(stream: StreamRecord, length: number, isFin: boolean): void {
    const writer = this.#writer
    const host = this.#host
    writer.wrote(writeStreamHeader(writer.buffer, writer.at, stream.id, stream.sendOffset, length, isFin))
    stream.sendOffset += length
    host.sendWindow.sent += length
    host.scheduler.sent(length)
    host.sendBufferedBytes -= length
    stream.state |= StreamState.ANNOUNCED
    if (!isFin) return
    stream.state |= StreamState.FIN_SENT
    host.checkEndLater(stream)
  }

  /** STREAM_DATA_BLOCKED. */
  writeDataBlocked(stream: StreamRecord): void {
    const writer = this.#writer
    writer.reserve(MAX_CONTROL_FRAME_BYTES)
    writer.wrote(writeStreamDataBlocked(writer.buffer, writer.at, stream.id, stream.sendLimit))
    stream.state |= StreamState.BLOCKED_SENT | StreamState.ANNOUNCED
  }

  /** RESET_STREAM_AT, when its reliable bytes were sent. */
  writeResetAt(stream: StreamRecord): void {
    const writer = this.#writer
    const { id, sendOffset: size } = stream
    const { resetCode, reliableSendSize } = extraOf(stream)
    const reliable = Math.min(reliableSendSize, size)
    writer.reserve(MAX_CONTROL_FRAME_BYTES)
    writer.wrote(writeResetStreamAt(writer.buffer, writer.at, id, resetCode, size, reliable))
    stream.state |= StreamState.RESET_SENT | StreamState.ANNOUNCED
    this.#host.checkEndLater(stream)
  }

  #writeReset(stream: StreamRecord): void {
    const writer = this.#writer
    const { resetCode } = extraOf(stream)
    writer.reserve(MAX_CONTROL_FRAME_BYTES)
    writer.wrote(writeResetStream(writer.buffer, writer.at, stream.id, resetCode, stream.sendOffset))
    stream.state |= StreamState.RESET_SENT | StreamState.ANNOUNCED
    this.#host.checkEndLater(stream)
  }
}

/**
 * Whether the stream needs a STREAM frame without payload: to be known to the peer, or to end after its last byte was
 * sent. Such frames need no credit, so they never wait behind data that does.
 */
function isEmptyFrameDue(stream: StreamRecord): boolean {
  if (stream.sendQueue !== undefined || !stream.canSend) return false
  if ((stream.state & (SEND_OVER | StreamState.RESET_QUEUED | StreamState.RESET_AT_QUEUED)) !== 0)
    return false
  return (stream.state & StreamState.FIN_QUEUED) !== 0 || (stream.state & StreamState.ANNOUNCED) === 0
}

/** Whether the reliable bytes have been sent and the RESET_STREAM_AT has not. */
export function isResetAtDue(stream: StreamRecord): boolean {
  const due = StreamState.RESET_AT_QUEUED
  return (stream.state & (due | SEND_OVER)) === due && stream.sendQueue === undefined
}
