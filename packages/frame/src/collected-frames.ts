import { ByteCollector } from './byte-collector.js'
import { protocolViolation, truncatedFrame, type FrameError } from './frame-error.js'
import type { FrameSink } from './frame-sink.js'
import { FrameType } from './frame-type.js'
import type { DecoderLimits } from './limits.js'
import { decodeUtf8Leniently, utf8CutLength } from './utf8.js'
import { readVarint, readWireInteger, varintSize } from './varint-reader.js'
import type { WireInteger } from './varint.js'

/** Bytes past the kept part of a reason that show whether a character was cut in two there. */
const LOOK_AHEAD_BYTES = 1

/** Whether a frame of this type has a payload that is reported only when it is complete. */
export function isCollected(type: number): boolean {
  return (
    type === FrameType.DATAGRAM ||
    type === FrameType.DATAGRAM_WITH_LENGTH ||
    type === FrameType.CONNECTION_CLOSE ||
    type === FrameType.CONNECTION_CLOSE_APPLICATION
  )
}

/** The frames whose payload is collected before the sink is called: DATAGRAM and CONNECTION_CLOSE. One at a time. */
export class CollectedFrames {
  /** Bytes of the frame's payload that have not arrived yet. */
  payloadLeft = 0

  readonly #sink: FrameSink
  readonly #limits: DecoderLimits
  readonly #collector = new ByteCollector()
  #type = 0
  #code: WireInteger = 0
  #frameType: WireInteger = 0

  constructor(sink: FrameSink, limits: DecoderLimits) {
    this.#sink = sink
    this.#limits = limits
  }

  /**
   * Begins the frame whose header is `bytes[at, headerEnd)`, in a record that ends at `recordEnd`, or returns what is wrong.
   * Its payload is then given to `continue`; if it has none, `finish` is called.
   */
  begin(bytes: Uint8Array, at: number, headerEnd: number, recordEnd: number): FrameError | undefined {
    this.#type = bytes[at]!
    const isClose =
      this.#type === FrameType.CONNECTION_CLOSE || this.#type === FrameType.CONNECTION_CLOSE_APPLICATION
    const lengthAt = isClose ? this.#readCloseFields(bytes, at + 1) : at + 1
    const length = this.#type === FrameType.DATAGRAM ? recordEnd - headerEnd : readVarint(bytes, lengthAt)
    if (!isClose && headerEnd - at + length > this.#limits.maxDatagramFrameSizeBytes) return this.#tooLarge()
    if (length > recordEnd - headerEnd) return truncatedFrame(this.#type)
    this.#collector.start(isClose ? Math.min(length, this.#limits.maxReasonBytes + LOOK_AHEAD_BYTES) : length)
    this.payloadLeft = length
    return undefined
  }

  /** Takes `chunk[start, end)`, the next piece of the payload, and finishes with the last one. */
  continue(chunk: Uint8Array, start: number, end: number): void {
    this.#collector.add(chunk, start, end)
    this.payloadLeft -= end - start
    if (this.payloadLeft === 0) this.finish()
  }

  /** Calls the sink: the payload is complete. */
  finish(): void {
    const payload = this.#collector.take()
    if (this.#type === FrameType.DATAGRAM || this.#type === FrameType.DATAGRAM_WITH_LENGTH) {
      this.#sink.datagram(payload)
      return
    }
    const kept = payload.subarray(0, utf8CutLength(payload, this.#limits.maxReasonBytes))
    this.#sink.connectionClose({
      isApplication: this.#type === FrameType.CONNECTION_CLOSE_APPLICATION,
      code: this.#code,
      frameType: this.#frameType,
      reason: decodeUtf8Leniently(kept),
    })
  }

  /** Drops what was collected. */
  drop(): void {
    this.#collector.start(0)
  }

  /** Returns the position of the reason's length. */
  #readCloseFields(bytes: Uint8Array, at: number): number {
    this.#code = readWireInteger(bytes, at)
    this.#frameType = 0
    const next = at + varintSize(bytes[at]!)
    if (this.#type === FrameType.CONNECTION_CLOSE_APPLICATION) return next
    this.#frameType = readWireInteger(bytes, next)
    return next + varintSize(bytes[next]!)
  }

  #tooLarge(): FrameError {
    const limit = this.#limits.maxDatagramFrameSizeBytes
    const message =
      limit === 0
        ? 'a DATAGRAM frame came, and datagrams were not negotiated'
        : `a DATAGRAM frame is above ${limit} bytes`
    return protocolViolation(this.#type, message)
  }
}
