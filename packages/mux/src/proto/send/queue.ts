/** A run of bytes that waits to be sent: `buffer[start, end)`. */
export class Run {
  buffer: Uint8Array
  start: number
  end: number
  next: Run | undefined = undefined
  /** Whether the buffer is the application's, which wants it back. */
  isBorrowed: boolean

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
    const run = new Run(buffer, start, end, isBorrowed)
    if (tail === undefined) this.head = run
    else tail.next = run
    this.#tail = run
  }

  /** Keeps the first `bytes` and drops the rest. */
  truncate(bytes: number): void {
    let left = bytes
    for (let run = this.head; run !== undefined; run = run.next) {
      const length = run.end - run.start
      if (length >= left) {
        run.end = run.start + left
        run.next = undefined
        this.#tail = run
      }
      left -= Math.min(length, left)
    }
    this.bytes = Math.min(this.bytes, bytes)
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
  advance(count: number): void {
    const head = this.head as Run
    this.bytes -= count
    head.start += count
    if (head.start < head.end) return
    this.head = head.next
    if (head.next === undefined) this.#tail = undefined
  }
}
