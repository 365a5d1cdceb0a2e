import type { Block, Blocks } from './blocks.js'

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
  head: Run | undefined = undefined
  #tail: Run | undefined = undefined

  /**
   * Appends `buffer[start, end)`. Bytes that follow the last run in the same buffer only make that run
   * longer, so many small writes become one piece of one frame. `isBorrowed`: the application wants the buffer back.
   */
  push(buffer: Uint8Array, start: number, end: number, isBorrowed: boolean): void {
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
  truncate(bytes: number, blocks: Blocks): void {
    let left = bytes
    for (let run = this.head; run !== undefined; run = run.next) {
      const length = run.end - run.start
      if (length >= left) {
        run.end = run.start + left
        spendAll(run.next, blocks)
        run.next = undefined
        this.#tail = run
      }
      left -= Math.min(length, left)
    }
    this.bytes = Math.min(this.bytes, bytes)
  }

  /** Drops everything. The queue is not to be used any more. */
  drop(blocks: Blocks): void {
    spendAll(this.head, blocks)
  }

  /** Whether any of the bytes are in a buffer of the application. */
  get isBorrowing(): boolean {
    for (let run = this.head; run !== undefined; run = run.next) if (run.isBorrowed) return true
    return false
  }

  /** Copies what is in buffers of the application, so that nothing here refers to them any more. */
  copyBorrowed(): void {
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
  advance(count: number, blocks: Blocks): void {
    const head = this.head as Run
    this.bytes -= count
    head.start += count
    if (head.start < head.end) return
    if (head.block !== undefined) blocks.spend(head.block)
    this.head = head.next
    if (head.next === undefined) this.#tail = undefined
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
