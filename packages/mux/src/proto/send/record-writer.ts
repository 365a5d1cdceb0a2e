import { writeVarintOfLength } from '@astranet/frame'
import { BUFFER_BYTES } from '../buffers.js'
import { Slab } from './slab.js'

/** The length of a Size field for records of up to 2^30 - 1 bytes. */
const SIZE_FIELD_BYTES = 4

/** Records up to this size have a Size field of two bytes. */
const MAX_SHORT_RECORD_BYTES = 16_383

/**
 * Gathers one flush: frames in records (draft-ietf-quic-qmux, "QMux Records"), small things copied into a slab, large
 * payloads passed by reference. A record's Size is patched in when the record is closed.
 */
export class RecordWriter {
  /** Bytes gathered, record headers included. */
  bytes = 0
  readonly #maxRecordBytes: () => number
  readonly #slab = new Slab()
  #chunks: Uint8Array[] = []
  /** Where in the slab the bytes begin that are not in `#chunks` yet. */
  #segment = 0
  /** Where in the slab the open record's Size field is; -1 when none is open. */
  #record = -1
  #sizeField = 0
  /** Bytes in the open record's Frames field. */
  #recordBytes = 0

  constructor(maxRecordBytes: () => number) {
    this.#maxRecordBytes = maxRecordBytes
  }

  /** The buffer to write a frame to, at {@link at}, after {@link reserve}. */
  get buffer(): Uint8Array {
    return this.#slab.buffer
  }

  /** Where the next frame goes. */
  get at(): number {
    return this.#slab.used
  }

  /** Bytes that still fit into the open record. */
  get room(): number {
    return this.#maxRecordBytes() - this.#recordBytes
  }

  /** Makes an open record with room for `bytes` in one piece, and `payload` bytes more. */
  reserve(bytes: number, payload = 0): void {
    if (this.#record !== -1 && this.room >= bytes + payload && this.#slab.used + bytes <= BUFFER_BYTES) return
    this.#close()
    this.#open(bytes)
  }

  /** A frame was written up to `end` of the buffer. */
  wrote(end: number): void {
    const length = end - this.#slab.used
    this.#slab.used = end
    this.#recordBytes += length
    this.bytes += length
  }

  /** Whether `bytes` can be copied behind what was written; otherwise they are to be passed by reference. */
  canCopy(bytes: number): boolean {
    return this.#slab.used + bytes <= BUFFER_BYTES
  }

  /** Copies `source[start, end)` into the open record. */
  copy(source: Uint8Array, start: number, end: number): void {
    const slab = this.#slab
    slab.buffer.set(start === 0 && end === source.length ? source : source.subarray(start, end), slab.used)
    this.wrote(slab.used + end - start)
  }

  /** Puts `source[start, end)` into the open record without copying it. */
  reference(source: Uint8Array, start: number, end: number): void {
    this.#cut()
    this.#chunks.push(source.subarray(start, end))
    this.#recordBytes += end - start
    this.bytes += end - start
  }

  /** Closes the record and returns what was gathered, in order. The writer is not to be used until {@link reuse}. */
  finish(): Uint8Array[] {
    this.#close()
    this.#cut()
    return this.#chunks
  }

  /** Starts over. Only when nothing refers to the chunks of the last flush any more. */
  reuse(): void {
    this.#chunks = []
    this.#slab.reuse()
    this.#segment = 0
    this.bytes = 0
  }

  #open(bytes: number): void {
    this.#sizeField = this.#maxRecordBytes() <= MAX_SHORT_RECORD_BYTES ? 2 : SIZE_FIELD_BYTES
    if (!this.canCopy(this.#sizeField + bytes)) {
      this.#cut()
      this.#slab.ensure(BUFFER_BYTES)
      this.#segment = 0
    } else this.#slab.ensure(this.#sizeField + bytes)
    this.#record = this.#slab.used
    this.#slab.used += this.#sizeField
    this.#recordBytes = 0
    this.bytes += this.#sizeField
  }

  #close(): void {
    if (this.#record === -1) return
    writeVarintOfLength(this.#slab.buffer, this.#record, this.#recordBytes, this.#sizeField as 2 | 4)
    this.#record = -1
  }

  /** Ends the current segment of the slab, so that something else can follow it. */
  #cut(): void {
    const { buffer, used } = this.#slab
    if (used > this.#segment) this.#chunks.push(buffer.subarray(this.#segment, used))
    this.#segment = used
  }
}
