import {
  MAX_CONTROL_FRAME_BYTES,
  datagramHeaderLength,
  writeConnectionClose,
  writeDataBlocked,
  writeDatagramHeader,
  writeMaxData,
  writeMaxStreams,
  writePing,
  writePong,
  writeStreamsBlocked,
  writeTransportParameters,
} from '@astranet/frame'
import type { SendHost } from './host.js'
import type { RecordWriter } from './record-writer.js'
import { COPY_LIMIT_BYTES } from './slab.js'

/** Room for transport parameters or a close with its reason. */
const MAX_LONG_FRAME_BYTES = 1_536

/** Writes the frames that belong to the session and to no stream. */
export class SessionFrames {
  readonly #host: SendHost
  readonly #writer: RecordWriter

  constructor(host: SendHost, writer: RecordWriter) {
    this.#host = host
    this.#writer = writer
  }

  /** Transport parameters: the first frame of a session. */
  writeParameters(): void {
    const writer = this.#writer
    writer.reserve(MAX_LONG_FRAME_BYTES)
    writer.wrote(writeTransportParameters(writer.buffer, writer.at, this.#host.ownParameters))
    this.#host.areParametersDue = false
  }

  /** CONNECTION_CLOSE: the last frame. */
  writeClose(): void {
    const writer = this.#writer
    const { end } = this.#host
    if (end.frame === undefined) return
    writer.reserve(MAX_LONG_FRAME_BYTES)
    writer.wrote(writeConnectionClose(writer.buffer, writer.at, end.frame))
    end.frame = undefined
  }

  /** QX_PING and its answer, MAX_DATA, MAX_STREAMS and STREAMS_BLOCKED, as far as they are due. */
  writeControl(): void {
    const { liveness, now, receiveWindow } = this.#host
    const writer = this.#writer
    if (liveness.isPongDue) {
      writer.reserve(MAX_CONTROL_FRAME_BYTES)
      writer.wrote(writePong(writer.buffer, writer.at, liveness.pongHigh, liveness.pongLow))
      liveness.isPongDue = false
    }
    if (receiveWindow.isUpdateDue()) this.#writeMaxData(true)
    if (liveness.isPingDue) {
      writer.reserve(MAX_CONTROL_FRAME_BYTES)
      writer.wrote(writePing(writer.buffer, writer.at, 0, liveness.pingSent(now)))
    }
    this.#writeStreamLimits(true)
    this.#writeStreamLimits(false)
  }

  /** A MAX_DATA that would soon need a flush of its own goes with this one, if there is one. */
  writeCreditAlong(): void {
    if (this.#writer.bytes > 0 && this.#host.receiveWindow.isUpdateWelcome()) this.#writeMaxData(false)
  }

  /** Behind the stream data that used the credit up: nothing else may be due for a long time. */
  writeDataBlocked(): void {
    const writer = this.#writer
    const { sendWindow } = this.#host
    if (!sendWindow.isBlockedFrameDue) return
    sendWindow.isBlockedFrameDue = false
    writer.reserve(MAX_CONTROL_FRAME_BYTES)
    writer.wrote(writeDataBlocked(writer.buffer, writer.at, sendWindow.limit))
  }

  /** RFC 9221. Behind control frames and before stream data: a datagram that waits is worth less. */
  writeDatagrams(): void {
    const writer = this.#writer
    const { datagrams, flushSize } = this.#host
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

  #writeMaxData(isDue: boolean): void {
    const host = this.#host
    const writer = this.#writer
    if (!host.updateSessionWindow(isDue)) return
    writer.reserve(MAX_CONTROL_FRAME_BYTES)
    writer.wrote(writeMaxData(writer.buffer, writer.at, host.receiveWindow.limit))
  }

  #writeStreamLimits(isBidirectional: boolean): void {
    const { limits } = this.#host
    const writer = this.#writer
    const peer = limits.peer(!isBidirectional)
    if (peer.isUpdateDue()) {
      peer.update()
      writer.reserve(MAX_CONTROL_FRAME_BYTES)
      writer.wrote(writeMaxStreams(writer.buffer, writer.at, isBidirectional, peer.limit))
    }
    const local = limits.local(!isBidirectional)
    if (!local.isBlockedFrameDue) return
    local.isBlockedFrameDue = false
    writer.reserve(MAX_CONTROL_FRAME_BYTES)
    writer.wrote(writeStreamsBlocked(writer.buffer, writer.at, isBidirectional, local.limit))
  }
}
