import { TAG_BYTES } from '../crypto.js'
import { HEADER_BYTES, headerFault, RecordType } from './header.js'

/** What {@link RecordReader.next} found. */
export type ReadRecord = 'header' | 'part' | 'more' | 'malformed'

const NO_BYTES = new Uint8Array(0)

/**
 * Cuts what arrives into records, wherever it was split. It holds nothing of a record but its header: ciphertext and
 * tag pass in the parts in which they arrive.
 *
 * | state | means | moves |
 * | --- | --- | --- |
 * | header | fewer than 4 bytes of a record are there | → body with `header`, malformed |
 * | body | bytes of ciphertext and tag are to come | → header, or over after an end, with the last `part` |
 * | over | the end was read | → malformed with any further byte |
 * | malformed | what arrived is no record; {@link fault} says why | none |
 */
export class RecordReader {
  /** The header of the record that {@link next} found. The same bytes each time. */
  readonly header: Uint8Array = new Uint8Array(HEADER_BYTES)
  /** The length of ciphertext and tag of that record. */
  sealedBytes = 0
  /** The next bytes of ciphertext and tag: a view of the chunk. Never empty once a `part` was found. */
  part: Uint8Array = NO_BYTES
  /** Why what arrived is malformed, as the end of a sentence. */
  fault = ''
  #chunk: Uint8Array = NO_BYTES
  #offset = 0
  #headerBytes = 0
  /** Bytes of ciphertext and tag that are to come. */
  #left = 0
  #isOver = false

  /** Whether a record is begun that is not complete. */
  get hasPartialRecord(): boolean {
    return this.#headerBytes > 0
  }

  /** Whether bytes of the last chunk have not been looked at. */
  get hasUnread(): boolean {
    return this.#offset < this.#chunk.length
  }

  /** Gives the next bytes, once {@link next} has returned `more`. */
  feed(chunk: Uint8Array): void {
    this.#chunk = chunk
    this.#offset = 0
  }

  /** Copies the bytes that were not read yet: the memory of the last chunk is about to change. */
  keepUnread(): void {
    if (!this.hasUnread) return
    // A Buffer's own `slice` would not copy.
    this.#chunk = Uint8Array.prototype.slice.call(this.#chunk, this.#offset)
    this.#offset = 0
  }

  /**
   * Looks for what comes next: the `header` of a record, then its `part`s. A record is complete when
   * {@link hasPartialRecord} is `false` after a part.
   */
  next(): ReadRecord {
    if (this.fault !== '') return 'malformed'
    if (!this.hasUnread) return this.#needMore()
    if (this.#left > 0) return this.#readPart()
    if (this.#isOver) return this.#fail('bytes follow the end')
    while (this.#headerBytes < HEADER_BYTES) {
      if (!this.hasUnread) return this.#needMore()
      this.header[this.#headerBytes++] = this.#chunk[this.#offset++] as number
    }
    return this.#readHeader()
  }

  #readHeader(): ReadRecord {
    const [type = 0, high = 0, middle = 0, low = 0] = this.header
    const length = (high << 16) | (middle << 8) | low
    const fault = headerFault(type, length)
    if (fault !== undefined) return this.#fail(fault)
    this.sealedBytes = length + TAG_BYTES
    this.#left = this.sealedBytes
    return 'header'
  }

  #readPart(): ReadRecord {
    this.part = this.#chunk.subarray(this.#offset, this.#offset + this.#left)
    this.#offset += this.part.length
    this.#left -= this.part.length
    if (this.#left > 0) return 'part'
    this.#headerBytes = 0
    this.#isOver = this.header[0] === RecordType.END
    return 'part'
  }

  /** A pipe that rests does not hold its last chunk. */
  #needMore(): ReadRecord {
    this.#chunk = NO_BYTES
    this.#offset = 0
    this.part = NO_BYTES
    return 'more'
  }

  #fail(fault: string): ReadRecord {
    this.fault = fault
    return 'malformed'
  }
}
