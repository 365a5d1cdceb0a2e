import { encodingError, truncatedFrame, type FrameError } from './frame-error.js'
import type { FrameSink } from './frame-sink.js'
import { StreamBit } from './frame-type.js'
import { isBeyondLastOffset, readVarint, SATURATED, varintSize } from './varint-reader.js'

/** STREAM frames, whose payload goes to the sink as it arrives. One frame at a time is read. */
export class StreamFrames {
  /** Bytes of the frame's payload that have not arrived yet. */
  payloadLeft = 0
  /** What is wrong with the frame that `begin` refused. */
  error: FrameError | undefined = undefined

  readonly #sink: FrameSink
  #id = 0
  /** A floating-point number from the start: otherwise V8 would discard optimized code when it passes 2^31. */
  #offset = -0
  #isFin = false

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /**
   * Reads the frame at `at`, whose header lies in `bytes` and whose record ends at `recordEnd`, and gives the sink its payload
   * up to `available`. Returns the position behind what it read, or -1 and sets `error`.
   */
  begin(bytes: Uint8Array, at: number, available: number, recordEnd: number): number {
    const type = bytes[at]!
    const id = readVarint(bytes, at + 1)
    let next = at + 1 + varintSize(bytes[at + 1]!)
    const offsetAt = next
    let offset = 0
    if ((type & StreamBit.OFF) !== 0) {
      offset = readVarint(bytes, next)
      next += varintSize(bytes[next]!)
    }
    let length: number
    if ((type & StreamBit.LEN) !== 0) {
      length = readVarint(bytes, next)
      next += varintSize(bytes[next]!)
    } else {
      length = recordEnd - next
    }
    const end = next + length
    // Without LEN the length is negative when the header itself goes on behind the record.
    if (length < 0 || end > recordEnd) return this.#refuse(truncatedFrame(type))
    if (offset === SATURATED && isBeyondLastOffset(bytes, offsetAt, length)) {
      return this.#refuse(
        encodingError(type, 'a STREAM frame goes beyond the last offset of a stream, 2^62 - 1'),
      )
    }
    const isFin = (type & StreamBit.FIN) !== 0
    if (end <= available) {
      this.#sink.stream(id, offset, bytes, next, end, isFin)
      return end
    }
    this.payloadLeft = end - available
    this.#id = id
    this.#offset = Math.min(offset + available - next, SATURATED)
    this.#isFin = isFin
    if (available > next) this.#sink.stream(id, offset, bytes, next, available, false)
    return available
  }

  /** Gives the sink `chunk[start, end)`, the next piece of the payload. */
  continue(chunk: Uint8Array, start: number, end: number): void {
    const offset = this.#offset
    this.#offset = Math.min(offset + end - start, SATURATED)
    this.payloadLeft -= end - start
    this.#sink.stream(this.#id, offset, chunk, start, end, this.payloadLeft === 0 && this.#isFin)
  }

  #refuse(error: FrameError): -1 {
    this.error = error
    return -1
  }
}
