import type { Block, Blocks } from './blocks.js'

/** What the queues of a session share. */
export interface SendMemory {
  readonly blocks: Blocks
  /** Bytes that wait in buffers of the application. */
  borrowedBytes: number
}

/** A run of bytes that waits to be sent: `buffer[start, end)`. */
export class Run {
  buffer: Uint8Array
  start: number
  end: number
  next: Run | undefined = undefined
  /** Whether the buffer is the application's, which wants it back. */
  isBorrowed: boolean
  /** What the buffer belongs to, when the bytes were copied there. */
  block: Block | undefined = undefined

  constructor(buffer: Uint8Array, start: number, end: number, isBorrowed: boolean) {
    this.buffer = buffer
    this.start = start
    this.end = end
    this.isBorrowed = isBorrowed
  }
}

/** The bytes one stream has written and not yet sent, in order. It exists only while there are any. */
export class SendQueue {
  /** Bytes that wait. */
  bytes = 0
  /** Those of them in buffers of the application; the session counts them as well. */
  borrowedBytes = 0
  head: Run | undefined = undefined
  #tail: Run | undefined = undefined

  /**
   * Appends `buffer[start, end)`. Bytes that follow the last run in the same buffer only make that run
   * longer, so many small writes become one piece of one frame.
   */
  push(buffer: Uint8Array, start: number, end: number): void {
    this.#push(buffer, start, end, false)
  }

  /** Appends `buffer`, which the application wants back. */
  pushBorrowed(buffer: Uint8Array, memory: SendMemory): void {
    this.borrowedBytes += buffer.length
    memory.borrowedBytes += buffer.length
    this.#push(buffer, 0, buffer.length, true)
  }

  /** Appends the next `length` bytes of the block. Bytes that follow the last run there make that run longer. */
  pushCopied(block: Block, length: number): void {
    this.bytes += length
    const { used } = block
    const tail = this.#tail
    if (tail !== undefined && tail.block === block && tail.end === used) {
      tail.end = used + length
      return
    }
    const run = new Run(block.buffer, used, used + length, false)
    run.block = block
    block.runs += 1
    this.#add(run)
  }

  /** Keeps the first `bytes`, at least one, and drops the rest. */
  truncate(bytes: number, memory: SendMemory): void {
    let left = bytes
    let borrowed = 0
    for (let run = this.head; run !== undefined; run = run.next) {
      const length = run.end - run.start
      if (length >= left) {
        run.end = run.start + left
        spendAll(run.next, memory.blocks)
        run.next = undefined
        this.#tail = run
      }
      if (run.isBorrowed) borrowed += Math.min(length, left)
      left -= Math.min(length, left)
    }
    this.#givenBack(this.borrowedBytes - borrowed, memory)
    this.bytes = Math.min(this.bytes, bytes)
  }

  /** Drops everything. The queue is not to be used any more. */
  drop(memory: SendMemory): void {
    this.#givenBack(this.borrowedBytes, memory)
    spendAll(this.head, memory.blocks)
  }

  /** Copies what is in buffers of the application, so that nothing here refers to them any more. */
  copyBorrowed(memory: SendMemory): void {
    this.#givenBack(this.borrowedBytes, memory)
    for (let run = this.head; run !== undefined; run = run.next) {
      if (!run.isBorrowed) continue
      // A Buffer's own `slice` would not copy.
      run.buffer = Uint8Array.prototype.slice.call(run.buffer, run.start, run.end)
      run.end -= run.start
      run.start = 0
      run.isBorrowed = false
    }
  }

  /** Marks the first `count` bytes of the head run (at most all of it) as sent. */
  advance(count: number, memory: SendMemory): void {
    const head = this.head as Run
    this.bytes -= count
    if (head.isBorrowed) this.#givenBack(count, memory)
    head.start += count
    if (head.start < head.end) return
    if (head.block !== undefined) memory.blocks.spend(head.block)
    this.head = head.next
    if (head.next === undefined) this.#tail = undefined
  }

  #push(buffer: Uint8Array, start: number, end: number, isBorrowed: boolean): void {
    this.bytes += end - start
    const tail = this.#tail
    if (
      tail !== undefined &&
      tail.buffer === buffer &&
      tail.end === start &&
      tail.isBorrowed === isBorrowed
    ) {
      tail.end = end
      return
    }
    this.#add(new Run(buffer, start, end, isBorrowed))
  }

  /** `bytes` wait in buffers of the application no more. */
  #givenBack(bytes: number, memory: SendMemory): void {
    this.borrowedBytes -= bytes
    memory.borrowedBytes -= bytes
  }

  #add(run: Run): void {
    const tail = this.#tail
    if (tail === undefined) this.head = run
    else tail.next = run
    this.#tail = run
  }
}

function spendAll(first: Run | undefined, blocks: Blocks): void {
  for (let run = first; run !== undefined; run = run.next) {
    if (run.block !== undefined) blocks.spend(run.block)
  }
}
