import { BUFFER_BYTES, giveBuffer, takeBuffer } from '../buffers.js'

/** Memory that writes of a session are copied into. */
export interface Block {
  readonly buffer: Uint8Array
  /** Bytes that were copied into it. */
  used: number
  /** Runs that refer to it. */
  runs: number
}

/** A queue of what is to be sent. */
interface CopyTarget {
  /** Appends the next `length` bytes of the block. */
  pushCopied(block: Block, length: number): void
}

/**
 * The memory into which a session copies bytes that it may not refer to. All its streams share the blocks. Each block
 * is filled from front to back, and used again when the connection has taken all of it. So bytes that pass through at
 * full speed stay in a few blocks, and leave nothing for V8 to collect.
 */
export class Blocks {
  #open: Block | undefined
  /** Those of runs that have left or were dropped, one entry a run. The connection may still refer to their bytes. */
  #spent: Block[] = []

  /** Copies `bytes` to the end of the queue. */
  append(queue: CopyTarget, bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length;) {
      const block = this.#openBlock()
      const length = Math.min(bytes.length - start, BUFFER_BYTES - block.used)
      block.buffer.set(length === bytes.length ? bytes : bytes.subarray(start, start + length), block.used)
      queue.pushCopied(block, length)
      block.used += length
      start += length
    }
  }

  /** A run of the block has left, or was dropped. */
  spend(block: Block): void {
    this.#spent.push(block)
  }

  /** The connection refers to nothing that has left. */
  release(): void {
    if (this.#spent.length === 0) return
    for (const block of this.#spent) {
      block.runs -= 1
      if (block.runs > 0) continue
      if (block === this.#open) this.#open = undefined
      giveBuffer(block.buffer)
    }
    this.#spent = []
  }

  #openBlock(): Block {
    if (this.#open === undefined || this.#open.used === BUFFER_BYTES)
      this.#open = { buffer: takeBuffer(), used: 0, runs: 0 }
    return this.#open
  }
}
