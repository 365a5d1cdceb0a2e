const FIRST_CAPACITY = 1_024

/**
 * Puts together the bytes of one payload that arrives in pieces. What it allocates follows the bytes that have arrived
 * (at most twice as much, and 1 KiB), never the length that was announced.
 */
export class ByteCollector {
  #bytes: Uint8Array = new Uint8Array(0)
  #length = 0
  #wanted = 0

  /** Starts over, for `wanted` bytes. More than that are ignored. */
  start(wanted: number): void {
    this.#wanted = wanted
    this.#length = 0
    this.#bytes = new Uint8Array(0)
  }

  /** Takes a copy of `chunk[start, end)`, as far as bytes are still wanted. */
  add(chunk: Uint8Array, start: number, end: number): void {
    const count = Math.min(end - start, this.#wanted - this.#length)
    const needed = this.#length + count
    if (needed > this.#bytes.length) this.#grow(needed)
    this.#bytes.set(chunk.subarray(start, start + count), this.#length)
    this.#length = needed
  }

  /** Gives away what was collected. When all that was wanted has arrived the buffer has exactly that size. */
  take(): Uint8Array {
    const bytes = this.#length === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#length)
    this.start(0)
    return bytes
  }

  #grow(needed: number): void {
    const isWhole = needed === this.#wanted
    const capacity = isWhole
      ? needed
      : Math.min(this.#wanted, Math.max(needed, 2 * this.#length, FIRST_CAPACITY))
    const bytes = new Uint8Array(capacity)
    bytes.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = bytes
  }
}
