import { writeEnds } from './farewell.js'
import type { SendHost } from './host.js'
import { RecordWriter } from './record-writer.js'
import { SessionFrames } from './session-frames.js'
import { StreamData } from './stream-data.js'
import { StreamFrames } from './stream-frames.js'

/** A CONNECTION_CLOSE without its reason, and the header of its record, take no more. */
const CLOSE_BYTES = 64

/**
 * Puts what is to be sent into records: first the session's control frames, then those of streams, then datagrams,
 * then stream data by urgency and round robin. Nothing is queued per frame: each source is a flag or a limit that is
 * read when its frame is written.
 */
export class Transmitter {
  readonly writer: RecordWriter
  readonly #host: SendHost
  readonly #sessionFrames: SessionFrames
  readonly #streamFrames: StreamFrames
  readonly #streamData: StreamData

  constructor(host: SendHost) {
    this.#host = host
    this.writer = new RecordWriter(() => host.peer.maxRecordSizeBytes)
    this.#sessionFrames = new SessionFrames(host, this.writer)
    this.#streamFrames = new StreamFrames(host, this.writer)
    this.#streamData = new StreamData(host, this.writer, this.#streamFrames)
  }

  /** Gathers up to one flush. Returns whether more waits and could go at once. */
  gather(): boolean {
    const host = this.#host
    if (host.areParametersDue) this.#sessionFrames.writeParameters()
    if (host.hasPeerParameters && !host.isClosing) {
      const { bytes } = host.flushSize
      this.#sessionFrames.writeControl()
      this.#streamFrames.writeControl(bytes)
      this.#sessionFrames.writeDatagrams()
      this.#streamData.write(bytes)
      this.#sessionFrames.writeDataBlocked()
      this.#sessionFrames.writeCreditAlong()
    }
    if (host.end.frame !== undefined) this.#writeFarewell()
    return this.writer.bytes >= host.flushSize.bytes
  }

  /**
   * The close, and in front of it what the application had written, ended and reset when it closed the session, as
   * far as the credit goes; and, when the session leaves, the end of every stream, as far as the connection takes it.
   * No flush follows, so the size of one is no limit.
   */
  #writeFarewell(): void {
    const host = this.#host
    const { frame, isLeaving, farewellBytes } = host.end
    if (host.hasPeerParameters && frame?.isApplication === true) {
      const maxBytes = farewellBytes - CLOSE_BYTES - 3 * frame.reason.length
      // The ends of streams are short: an eighth is for them.
      const maxDataBytes = isLeaving ? maxBytes - (maxBytes >> 3) : maxBytes
      this.#streamFrames.writeControl(maxDataBytes)
      this.#streamData.write(maxDataBytes, isLeaving)
      if (isLeaving) writeEnds(host, this.writer, maxBytes)
    }
    this.#sessionFrames.writeClose()
  }
}
