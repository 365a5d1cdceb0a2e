import { CollectedFrames, isCollected } from './collected-frames.js'
import { FirstFrameReader } from './first-frame.js'
import { readFixedFrame } from './fixed-frames.js'
import { encodingError, protocolViolation, truncatedFrame, type FrameError } from './frame-error.js'
import { frameHeaderEnd, MAX_FRAME_HEADER_BYTES, MAX_STREAM_HEADER_BYTES } from './frame-layout.js'
import type { FrameSink } from './frame-sink.js'
import { FrameType } from './frame-type.js'
import { resolveDecoderLimits, type DecoderLimits } from './limits.js'
import { MAX_RECORD_SIZE_FIELD_BYTES, MIN_FIRST_RECORD_SIZE_BYTES } from './record.js'
import { StreamFrames } from './stream-frames.js'
import { readVarint, readWireInteger, varintEnd } from './varint-reader.js'

// What the decoder is in the middle of. Between records and at the start of a frame it is in FRAMES.
const FIRST_FRAME = 0
const FRAMES = 1
const STREAM_PAYLOAD = 2
const COLLECTED_PAYLOAD = 3
const DONE = 4

/** What the methods that read return in place of a position when they have found an error. */
const FAILED = -1

/**
 * Turns the bytes of a peer into calls of a {@link FrameSink}, however the bytes are split. It checks every rule of
 * draft-ietf-quic-qmux-02 that can be checked without knowing the streams.
 *
 * Nothing is allocated per frame, and nothing in proportion to a length that was only announced: between calls it holds at
 * most a frame header, the transport parameters, or the part of a datagram or close reason that has arrived.
 */
export class FrameDecoder {
  readonly #sink: FrameSink
  readonly #limits: DecoderLimits
  readonly #streams: StreamFrames
  readonly #collected: CollectedFrames
  /** Bytes of a header that the last chunk cut off. */
  readonly #carry = new Uint8Array(MAX_FRAME_HEADER_BYTES + MAX_RECORD_SIZE_FIELD_BYTES)
  #carried = 0
  #firstFrame: FirstFrameReader | undefined = new FirstFrameReader()
  #phase = FRAMES
  #error: FrameError | undefined = undefined
  /** Bytes of the record's Frames field that are not consumed yet; carried ones are not. 0 between records. */
  #recordLeft = 0
  #frames = 0

  /** `limits` as in {@link DecoderLimits}; throws a `TypeError` or `RangeError` when one is out of range. */
  constructor(sink: FrameSink, limits: Partial<DecoderLimits> = {}) {
    this.#sink = sink
    this.#limits = resolveDecoderLimits(limits)
    this.#streams = new StreamFrames(sink)
    this.#collected = new CollectedFrames(sink, this.#limits)
  }

  /** Whether a part of a record has arrived and the rest has not. Meant for use between calls of `push`. */
  get isInsideRecord(): boolean {
    return this.#phase !== DONE && (this.#recordLeft > 0 || this.#carried > 0)
  }

  /**
   * Reads `chunk` and calls the sink. Returns what is wrong at the first wrong byte; everything before was reported. After
   * an error, and after `stop`, it does nothing and returns `undefined`.
   */
  push(chunk: Uint8Array): FrameError | undefined {
    if (this.#phase === DONE) return undefined
    const end = chunk.length
    let at = 0
    while (at < end && at !== FAILED && this.#phase !== DONE) {
      if (this.#phase === FIRST_FRAME) at = this.#readFirstFrame(chunk, at)
      else if (this.#phase !== FRAMES) at = this.#readPayload(chunk, at)
      else if (this.#carried > 0) at = this.#readCarried(chunk)
      else at = this.#readFrames(chunk, at)
    }
    return this.#error
  }

  /** Makes the decoder ignore everything from now on. From inside a call of the sink: `push` then returns at once. */
  stop(): void {
    this.#phase = DONE
    this.#collected.drop()
  }

  /** The peer has ended. Returns an error when that cut off a record. After an error or `stop` there is none. */
  finish(): FrameError | undefined {
    if (!this.isInsideRecord) return undefined
    this.#fail(encodingError(0, 'the peer ended in the middle of a record'))
    return this.#error
  }

  /** The hot loop: whole frames, until the chunk ends, a payload does not fit into it, or something is wrong. */
  #readFrames(chunk: Uint8Array, start: number): number {
    const end = chunk.length
    let at = start
    let recordEnd = start + this.#recordLeft
    while (at < end && this.#phase === FRAMES) {
      if (at === recordEnd) {
        const sizeEnd = varintEnd(chunk, at, end)
        if (sizeEnd === 0) return this.#carryOver(chunk, at)
        if (!this.#openRecord(readVarint(chunk, at))) return FAILED
        at = sizeEnd
        recordEnd = at + this.#recordLeft
        continue
      }
      if ((chunk[at]! & 0xf8) === FrameType.STREAM && end - at >= MAX_STREAM_HEADER_BYTES) {
        at = this.#readStream(chunk, at, end, recordEnd)
      } else {
        const headerEnd = frameHeaderEnd(chunk, at, recordEnd < end ? recordEnd : end)
        if (headerEnd === 0) {
          if (recordEnd > end) return this.#carryOver(chunk, at)
          return this.#fail(truncatedHeader(chunk, at, recordEnd))
        }
        at = this.#readFrame(chunk, at, headerEnd, end, recordEnd)
      }
      if (at === FAILED) return FAILED
      this.#recordLeft = recordEnd - at
      if (at === recordEnd && this.#phase === FRAMES) this.#endRecord()
    }
    return at
  }

  /** Finishes the record size or frame header that the last chunk cut off, with the first bytes of this one. */
  #readCarried(chunk: Uint8Array): number {
    const carry = this.#carry
    const had = this.#carried
    const added = Math.min(carry.length - had, chunk.length)
    const total = had + added
    carry.set(chunk.subarray(0, added), had)
    if (this.#recordLeft === 0) {
      const sizeEnd = varintEnd(carry, 0, total)
      if (sizeEnd === 0) return this.#keepCarried(total, added)
      this.#carried = 0
      return this.#openRecord(readVarint(carry, 0)) ? sizeEnd - had : FAILED
    }
    const headerEnd = frameHeaderEnd(carry, 0, Math.min(total, this.#recordLeft))
    if (headerEnd === 0) {
      if (this.#recordLeft > total) return this.#keepCarried(total, added)
      return this.#fail(truncatedHeader(carry, 0, this.#recordLeft))
    }
    this.#carried = 0
    if (this.#readFrame(carry, 0, headerEnd, headerEnd, this.#recordLeft) === FAILED) return FAILED
    this.#recordLeft -= headerEnd
    if (this.#recordLeft === 0 && this.#phase === FRAMES) this.#endRecord()
    return headerEnd - had
  }

  /** Keeps the rest of `chunk`, a header that goes on in the next one. Returns the end of the chunk. */
  #carryOver(chunk: Uint8Array, at: number): number {
    this.#carry.set(chunk.subarray(at))
    return this.#keepCarried(chunk.length - at, chunk.length)
  }

  /** The carry holds `total` bytes and waits for more. Returns `position`, or fails if it cannot become a legal size. */
  #keepCarried(total: number, position: number): number {
    this.#carried = total
    if (this.#recordLeft > 0) return position
    this.#carry.fill(0, total, MAX_RECORD_SIZE_FIELD_BYTES)
    const least = readVarint(this.#carry, 0)
    return least > this.#limits.maxRecordSizeBytes ? this.#failTooLarge() : position
  }

  /** Starts a record; `false` when its size is illegal. */
  #openRecord(size: number): boolean {
    if (size > this.#limits.maxRecordSizeBytes) return this.#failTooLarge() !== FAILED
    // RFC 9000 section 12.4: a packet without frames is a PROTOCOL_VIOLATION; a record's payload is like a packet's.
    if (size === 0) return this.#fail(protocolViolation(0, 'a record without frames came')) !== FAILED
    if (this.#firstFrame !== undefined) {
      if (size < MIN_FIRST_RECORD_SIZE_BYTES) return this.#fail(tooSmallForFirstFrame(size)) !== FAILED
      this.#phase = FIRST_FRAME
    }
    this.#recordLeft = size
    return true
  }

  #endRecord(): void {
    const frames = this.#frames
    this.#frames = 0
    this.#sink.recordEnd(frames)
  }

  #readFirstFrame(chunk: Uint8Array, at: number): number {
    const reader = this.#firstFrame!
    const next = reader.read(chunk, at, chunk.length, at + this.#recordLeft)
    if (reader.error !== undefined) return this.#fail(reader.error)
    this.#recordLeft -= next - at
    if (reader.parameters === undefined) return next
    this.#firstFrame = undefined
    this.#phase = FRAMES
    this.#frames = 1
    this.#sink.transportParameters(reader.parameters)
    if (this.#recordLeft === 0 && this.#phase === FRAMES) this.#endRecord()
    return next
  }

  /**
   * Reads the frame whose header is `bytes[at, headerEnd)`, and its payload as far as `available`. Returns the position
   * behind what it read.
   */
  #readFrame(bytes: Uint8Array, at: number, headerEnd: number, available: number, recordEnd: number): number {
    const type = bytes[at]!
    if ((type & 0xf8) === FrameType.STREAM) return this.#readStream(bytes, at, available, recordEnd)
    if (type === FrameType.PADDING) return skipPadding(bytes, at, Math.min(available, recordEnd))
    this.#frames++
    if (isCollected(type)) return this.#startCollected(bytes, at, headerEnd, recordEnd)
    const error = readFixedFrame(this.#sink, bytes, at, this.#limits)
    return error === undefined ? headerEnd : this.#fail(error)
  }

  #readStream(bytes: Uint8Array, at: number, available: number, recordEnd: number): number {
    this.#frames++
    const next = this.#streams.begin(bytes, at, available, recordEnd)
    if (next === FAILED) return this.#fail(this.#streams.error!)
    // The sink may have called `stop`.
    if (this.#streams.payloadLeft > 0 && this.#phase === FRAMES) this.#phase = STREAM_PAYLOAD
    return next
  }

  #startCollected(bytes: Uint8Array, at: number, headerEnd: number, recordEnd: number): number {
    const error = this.#collected.begin(bytes, at, headerEnd, recordEnd)
    if (error !== undefined) return this.#fail(error)
    if (this.#collected.payloadLeft === 0) this.#collected.finish()
    else this.#phase = COLLECTED_PAYLOAD
    return headerEnd
  }

  #readPayload(chunk: Uint8Array, at: number): number {
    const frame = this.#phase === STREAM_PAYLOAD ? this.#streams : this.#collected
    const end = Math.min(chunk.length, at + frame.payloadLeft)
    this.#recordLeft -= end - at
    if (end === at + frame.payloadLeft) this.#phase = FRAMES
    frame.continue(chunk, at, end)
    if (this.#recordLeft === 0 && this.#phase === FRAMES) this.#endRecord()
    return end
  }

  #fail(error: FrameError): typeof FAILED {
    this.#error = error
    this.stop()
    return FAILED
  }

  #failTooLarge(): typeof FAILED {
    return this.#fail(
      encodingError(0, `a record came that is above the ${this.#limits.maxRecordSizeBytes} bytes allowed`),
    )
  }
}

function skipPadding(bytes: Uint8Array, start: number, limit: number): number {
  let at = start
  while (at < limit && bytes[at] === FrameType.PADDING) at++
  return at
}

function tooSmallForFirstFrame(size: number): FrameError {
  return encodingError(
    0,
    `the peer does not speak QMux: a first record of ${size} bytes is too small for QX_TRANSPORT_PARAMETERS`,
  )
}

/** The header at `at` goes on behind the end of its record; perhaps even its type does. */
function truncatedHeader(bytes: Uint8Array, at: number, recordEnd: number): FrameError {
  if (varintEnd(bytes, at, recordEnd) !== 0) return truncatedFrame(readWireInteger(bytes, at))
  return encodingError(0, 'a frame type is cut off by the end of its record')
}
