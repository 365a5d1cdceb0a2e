/** A timer in a {@link TimerHeap}. */
export interface HeapTimer {
  readonly dueMs: number
  readonly sequence: number
  readonly callback: () => void
  readonly isBackground: boolean
  /** Fired or cancelled. */
  isDone: boolean
}

/** Timers in the order of their time, those of one time in the order of their sequence numbers: a binary heap. */
export class TimerHeap {
  readonly #heap: HeapTimer[] = []
  #foregroundCount = 0

  get foregroundCount(): number {
    return this.#foregroundCount
  }

  push(timer: HeapTimer): void {
    if (!timer.isBackground) this.#foregroundCount++
    const heap = this.#heap
    let index = heap.push(timer) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (isBefore(heap[parent] as HeapTimer, timer)) break
      heap[index] = heap[parent] as HeapTimer
      index = parent
    }
    heap[index] = timer
  }

  /** A cancelled timer stays in the heap until its time comes: finding it would cost more than keeping it. */
  cancel(timer: HeapTimer): void {
    if (timer.isDone) return
    timer.isDone = true
    if (!timer.isBackground) this.#foregroundCount--
  }

  /** Takes out the first timer that is due by `untilMs` and not cancelled. */
  popDue(untilMs: number): HeapTimer | undefined {
    for (let first = this.#heap[0]; first !== undefined && first.dueMs <= untilMs; first = this.#heap[0]) {
      this.#removeFirst()
      if (first.isDone) continue
      this.cancel(first)
      return first
    }
    return undefined
  }

  #removeFirst(): void {
    const heap = this.#heap
    const moved = heap.pop() as HeapTimer
    if (heap.length === 0) return
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      if (left >= heap.length) break
      const right = left + 1
      const isRight = right < heap.length && isBefore(heap[right] as HeapTimer, heap[left] as HeapTimer)
      const child = isRight ? right : left
      if (isBefore(moved, heap[child] as HeapTimer)) break
      heap[index] = heap[child] as HeapTimer
      index = child
    }
    heap[index] = moved
  }
}

function isBefore(one: HeapTimer, other: HeapTimer): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.sequence < other.sequence)
}
