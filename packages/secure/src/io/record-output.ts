/** Bytes of this length or more are written as they are; a copy of fewer costs less than one more buffer to write. */
export const APART_BYTES = 4_096

/** Small bytes of all pipes are written here, one behind the other; when it is full the next one is made. */
const SLAB_BYTES = 16_384

let slab: Uint8Array | undefined
let slabFilled = 0

/** The buffers of one `writev`: small ones that are neighbours become one. */
export class RecordOutput {
  readonly buffers: Uint8Array[] = []
  #start = slabFilled

  /** `bytes` may be reused when there are fewer than 4,096. */
  add(bytes: Uint8Array): void {
    if (bytes.length >= APART_BYTES) {
      this.#join()
      this.buffers.push(bytes)
      return
    }
    if (slab === undefined || slabFilled + bytes.length > SLAB_BYTES) this.#nextSlab()
    slab?.set(bytes, slabFilled)
    slabFilled += bytes.length
  }

  /** Everything was added. */
  finish(): Uint8Array[] {
    this.#join()
    return this.buffers
  }

  #join(): void {
    if (slab !== undefined && slabFilled > this.#start)
      this.buffers.push(slab.subarray(this.#start, slabFilled))
    this.#start = slabFilled
  }

  #nextSlab(): void {
    this.#join()
    slab = new Uint8Array(SLAB_BYTES)
    slabFilled = 0
    this.#start = 0
  }
}
