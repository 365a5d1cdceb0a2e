/** A run of bytes that waits to be sent: `buffer[start, end)`. */
export class Run {
  buffer: Uint8Array
  start: number
  end: number
  next: Run | undefined = undefined

  constructor(buffer: Uint8Array, start: number, end: number) {
    this.buffer = buffer
    this.start = start
    this.end = end
  }
}

/** The bytes one stream has written and not yet sent, in order. It exists only while there are any. */
export class SendQueue {
  /** Bytes that wait. */
  bytes = 0
  head: Run | undefined = undefined
  #tail: Run | undefined = undefined

  /**
   * Appends `buffer[start, end)`. A run that goes on where the last one stopped in the same buffer only makes that one
   * longer, so that many small writes become one piece of one frame.
   */
  push(buffer: Uint8Array, start: number, end: number): void {
    this.bytes += end - start
    const tail = this.#tail
    if (tail !== undefined && tail.buffer === buffer && tail.end === start) {
      tail.end = end
      return
    }
    const run = new Run(buffer, start, end)
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
