import { TAG_BYTES } from '../crypto.js'
import { HEADER_BYTES, headerFault, RecordType } from './header.js'

/** What {@link RecordReader.next} found. */
export type ReadRecord = 'record' | 'more' | 'malformed'

/**
 * Cuts what arrives into records, wherever it was split. It holds at most one record that is not complete: up to
 * 65,556 bytes, which are let go of when none is begun.
 *
 * | state | means | moves |
 * | --- | --- | --- |
 * | header | fewer than 4 bytes of a record are there | → body, malformed |
 * | body | the header is read, ciphertext and tag are not complete | → header, or over after an end |
 * | over | the end was read | → malformed with any further byte |
 * | malformed | what arrived is no record; {@link fault} says why | none |
 */
export class RecordReader {
  /** The header of the record that {@link next} found. The same bytes each time. */
  readonly header: Uint8Array = new Uint8Array(HEADER_BYTES)
  /** Ciphertext and tag of that record. Valid until the next call of {@link next}, unless `keepsRecords`. */
  sealed: Uint8Array = this.header.subarray(0, 0)
  /** Why what arrived is malformed, as the end of a sentence. */
  fault = ''
  readonly #keepsRecords: boolean
  #chunk: Uint8Array = this.sealed
  #offset = 0
  #headerBytes = 0
  /** The length of ciphertext and tag, once the header is there. */
  #length = 0
  #buffer: Uint8Array | undefined
  #filled = 0
  #isOver = false

  /** `keepsRecords`: {@link sealed} stays as it is, since each record has bytes of its own. */
  constructor(keepsRecords: boolean) {
    this.#keepsRecords = keepsRecords
  }

  /** Whether a record is begun that is not complete. */
  get hasPartialRecord(): boolean {
    return this.#headerBytes > 0
  }

  /** Whether bytes of the last chunk have not been looked at. */
  get hasUnread(): boolean {
    return this.#offset < this.#chunk.length
  }

  /** Gives the next bytes, once {@link next} has returned `more`. They must not change until it does so again. */
  feed(chunk: Uint8Array): void {
    this.#chunk = chunk
    this.#offset = 0
  }

  /** Looks for the next record. */
  next(): ReadRecord {
    if (this.fault !== '') return 'malformed'
    if (this.#isOver && this.hasUnread) return this.#fail('bytes follow the end')
    while (this.#headerBytes < HEADER_BYTES) {
      if (!this.hasUnread) return this.#needMore()
      this.header[this.#headerBytes++] = this.#chunk[this.#offset++] as number
      if (this.#headerBytes === HEADER_BYTES && !this.#readHeader()) return 'malformed'
    }
    return this.#readBody() ? this.#complete() : this.#needMore()
  }

  #readHeader(): boolean {
    const [type = 0, high = 0, middle = 0, low = 0] = this.header
    const length = (high << 16) | (middle << 8) | low
    this.#length = length + TAG_BYTES
    const fault = headerFault(type, length)
    if (fault === undefined) return true
    this.#fail(fault)
    return false
  }

  /** Whether ciphertext and tag are complete, and in {@link sealed}. */
  #readBody(): boolean {
    const available = this.#chunk.length - this.#offset
    if (this.#filled === 0 && available >= this.#length) {
      this.sealed = this.#chunk.subarray(this.#offset, this.#offset + this.#length)
      this.#offset += this.#length
      return true
    }
    if (available === 0) return false
    const buffer = this.#roomFor(this.#length)
    const taken = Math.min(available, this.#length - this.#filled)
    buffer.set(this.#chunk.subarray(this.#offset, this.#offset + taken), this.#filled)
    this.#offset += taken
    this.#filled += taken
    if (this.#filled < this.#length) return false
    this.sealed = buffer.subarray(0, this.#length)
    return true
  }

  #roomFor(length: number): Uint8Array {
    if (this.#buffer === undefined || this.#buffer.length < length) this.#buffer = new Uint8Array(length)
    return this.#buffer
  }

  #complete(): ReadRecord {
    if (this.#keepsRecords && this.#filled > 0) this.#buffer = undefined
    this.#headerBytes = 0
    this.#filled = 0
    this.#isOver = this.header[0] === RecordType.END
    return 'record'
  }

  #needMore(): ReadRecord {
    // A pipe that rests holds nothing: neither the last chunk nor room for the next record.
    this.#chunk = this.header.subarray(0, 0)
    this.#offset = 0
    if (this.#headerBytes === 0) this.#buffer = undefined
    return 'more'
  }

  #fail(fault: string): ReadRecord {
    this.fault = fault
    this.#buffer = undefined
    return 'malformed'
  }
}
