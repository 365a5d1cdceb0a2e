import { BUFFER_BYTES, takeBuffer } from '../buffers.js'

/** What one kept block costs besides its bytes, in bytes: the typed array, its buffer and their bookkeeping. */
export const BLOCK_OVERHEAD_BYTES = 128

/** The largest block that small pieces are gathered in. */
const MAX_BLOCK_BYTES = 16_384

/** The smallest block that pieces are gathered in: up to this size a typed array needs no memory outside the heap. */
const MIN_BLOCK_BYTES = 64

/** A block smaller than this is replaced by a larger one: copying it costs less than the overhead of two. */
const SMALL_BLOCK_BYTES = 4_096

/**
 * Bytes that arrived on one stream and were not taken yet. They are copied into blocks of their own, because a piece
 * of a read chunk would keep all of the chunk (64 KiB) alive, and small pieces are gathered, because each typed array
 * costs more than a hundred bytes.
 */
export class ReceiveQueue {
  /** Unread bytes. */
  bytes = 0
  /** Memory the queue holds: capacity of all blocks and their overhead. */
  heldBytes = 0
  /** The block that the last `shift` has emptied: nothing refers to it but what was returned. */
  emptied: Uint8Array | undefined = undefined
  readonly #isPooled: boolean
  readonly #blocks: Uint8Array[] = []
  #head = 0
  /** Bytes of the first block that were taken. */
  #headTaken = 0
  /** Bytes used in the last block. */
  #tailUsed = 0

  /** `isPooled`: large blocks are buffers of `takeBuffer`; the user of the queue gives back what was `emptied`. */
  constructor(isPooled: boolean = false) {
    this.#isPooled = isPooled
  }

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

  /** Puts a copy of `bytes`, which were taken last, back in front. No part of the first block may have been taken. */
  putBack(bytes: Uint8Array): void {
    if (this.bytes === 0) return this.push(bytes, 0, bytes.length)
    // A Buffer's own `slice` would not copy.
    this.#blocks.splice(this.#head, 0, Uint8Array.prototype.slice.call(bytes))
    this.bytes += bytes.length
    this.heldBytes += bytes.length + BLOCK_OVERHEAD_BYTES
  }

  /** Takes the oldest block, or `maxBytes` of it (at least 1); `undefined` when there is none. */
  shift(maxBytes: number = Infinity): Uint8Array | undefined {
    this.emptied = undefined
    const block = this.#blocks[this.#head]
    if (block === undefined) return undefined
    const start = this.#headTaken
    const end = this.#head === this.#blocks.length - 1 ? this.#tailUsed : block.length
    const length = Math.min(end - start, maxBytes)
    this.bytes -= length
    if (start + length < end) this.#headTaken += length
    else this.#dropHead(block)
    return length === block.length ? block : block.subarray(start, start + length)
  }

  #dropHead(block: Uint8Array): void {
    this.emptied = block
    this.heldBytes -= block.length + BLOCK_OVERHEAD_BYTES
    this.#headTaken = 0
    this.#head += 1
    if (this.#head === this.#blocks.length) {
      this.#blocks.length = 0
      this.#head = 0
    } else if (this.#head >= 32) {
      this.#blocks.splice(0, this.#head)
      this.#head = 0
    }
  }

  /**
   * A block as large as what is held already, so that holding n bytes takes O(log n) blocks and at most 2n bytes. While
   * there is only a small one, a larger one takes its place.
   */
  #pushBlock(chunk: Uint8Array, start: number, end: number): void {
    const small = this.#takeSmall()
    const used = small?.length ?? 0
    const length = used + end - start
    const block = this.#newBlock(length, small === undefined ? 0 : MIN_BLOCK_BYTES)
    if (small !== undefined) block.set(small)
    block.set(chunk.subarray(start, end), used)
    this.#blocks.push(block)
    this.#tailUsed = length
    this.bytes += end - start
    this.heldBytes += block.length + BLOCK_OVERHEAD_BYTES
  }

  #newBlock(length: number, minLength: number): Uint8Array {
    const maxSpare = this.#isPooled ? BUFFER_BYTES : MAX_BLOCK_BYTES
    const size = Math.max(length, Math.min(this.bytes, maxSpare), minLength)
    const isBuffer = this.#isPooled && size > BUFFER_BYTES / 2 && length <= BUFFER_BYTES
    return isBuffer ? takeBuffer() : new Uint8Array(size)
  }

  /** Takes the only block out when it is so small that its overhead counts; its bytes stay counted. */
  #takeSmall(): Uint8Array | undefined {
    const last = this.#blocks.length - 1
    const only = this.#head === last ? this.#blocks[last] : undefined
    if (only === undefined || only.length >= SMALL_BLOCK_BYTES) return undefined
    const rest = only.subarray(this.#headTaken, this.#tailUsed)
    this.#blocks.length = 0
    this.#head = 0
    this.#headTaken = 0
    this.heldBytes -= only.length + BLOCK_OVERHEAD_BYTES
    return rest
  }
}
