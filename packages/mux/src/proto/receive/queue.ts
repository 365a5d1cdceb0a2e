/** What one kept block costs besides its bytes, in bytes: the typed array, its buffer and their bookkeeping. */
export const BLOCK_OVERHEAD_BYTES = 128

/** The largest block that small pieces are gathered in. */
const MAX_BLOCK_BYTES = 16_384

/** The smallest block that pieces are gathered in: up to this size a typed array needs no memory outside the heap. */
const MIN_BLOCK_BYTES = 64

/** A block smaller than this is replaced by a larger one: copying it costs less than the overhead of two. */
const SMALL_BLOCK_BYTES = 4_096

/**
 * Bytes that arrived on one stream and were not taken yet. They are copied into blocks of their own, because a piece of
 * a read chunk would keep all of the chunk (64 KiB) alive, and small pieces are gathered, because each typed array costs
 * more than a hundred bytes.
 */
export class ReceiveQueue {
  /** Unread bytes. */
  bytes = 0
  /** Memory the queue holds: capacity of all blocks and their overhead. */
  heldBytes = 0
  readonly #blocks: Uint8Array[] = []
  #head = 0
  /** Bytes used in the last block. */
  #tailUsed = 0

  /** Copies `chunk[start, end)` to the end. */
  push(chunk: Uint8Array, start: number, end: number): void {
    const tail = this.#blocks.length > this.#head ? this.#blocks[this.#blocks.length - 1] : undefined
    if (tail !== undefined) {
      const fits = Math.min(tail.length - this.#tailUsed, end - start)
      tail.set(chunk.subarray(start, start + fits), this.#tailUsed)
      this.#tailUsed += fits
      this.bytes += fits
      start += fits
    }
    if (start < end) this.#pushBlock(chunk, start, end)
  }

  /** Takes the oldest block, or `undefined` when there is none. */
  shift(): Uint8Array | undefined {
    if (this.#head === this.#blocks.length) return undefined
    const isLast = this.#head === this.#blocks.length - 1
    const block = this.#blocks[this.#head] as Uint8Array
    this.#head += 1
    this.heldBytes -= block.length + BLOCK_OVERHEAD_BYTES
    const taken = isLast ? block.subarray(0, this.#tailUsed) : block
    this.bytes -= taken.length
    if (isLast) {
      this.#blocks.length = 0
      this.#head = 0
    } else if (this.#head >= 32) {
      this.#blocks.splice(0, this.#head)
      this.#head = 0
    }
    return taken
  }

  /**
   * A block as large as what is held already, so that holding n bytes takes O(log n) blocks and at most 2n bytes. While
   * there is only a small one, a larger one takes its place.
   */
  #pushBlock(chunk: Uint8Array, start: number, end: number): void {
    const small = this.#takeSmall()
    const used = small?.length ?? 0
    const length = used + end - start
    const minLength = small === undefined ? 0 : MIN_BLOCK_BYTES
    const block = new Uint8Array(Math.max(length, Math.min(this.bytes, MAX_BLOCK_BYTES) + used, minLength))
    if (small !== undefined) block.set(small)
    block.set(chunk.subarray(start, end), used)
    this.#blocks.push(block)
    this.#tailUsed = length
    this.bytes += end - start
    this.heldBytes += block.length + BLOCK_OVERHEAD_BYTES
  }

  /** Takes the only block out when it is so small that its overhead counts; its bytes stay counted. */
  #takeSmall(): Uint8Array | undefined {
    const last = this.#blocks.length - 1
    const only = this.#head === last ? this.#blocks[last] : undefined
    if (only === undefined || only.length >= SMALL_BLOCK_BYTES) return undefined
    this.#blocks.length = 0
    this.#head = 0
    this.heldBytes -= only.length + BLOCK_OVERHEAD_BYTES
    return only.subarray(0, this.#tailUsed)
  }
}
