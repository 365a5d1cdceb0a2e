/** Something that is to be done at a time. */
export interface AgendaEntry {
  readonly at: number
  /** `undefined`: done, or cancelled. */
  task: ((now: number) => void) | undefined
}

/** What is to be done when: a heap, earliest first. No timer runs; its owner asks. Times are in ms. */
export class Agenda {
  readonly #heap: AgendaEntry[] = []

  /** Adds a task. `cancel` takes what this returns. */
  add(at: number, task: (now: number) => void): AgendaEntry {
    const entry: AgendaEntry = { at, task }
    this.#heap.push(entry)
    this.#rise(this.#heap.length - 1)
    return entry
  }

  /** The task is not done any more. Idempotent. */
  cancel(entry: AgendaEntry | undefined): void {
    if (entry === undefined) return
    entry.task = undefined
    // Cancelled entries at the front would wake the owner for nothing.
    while (this.#heap[0] !== undefined && this.#heap[0].task === undefined) this.#removeFirst()
  }

  /** The time of the first task. */
  get next(): number | undefined {
    return this.#heap[0]?.at
  }

  /** Does what is due at `now`, also what is added meanwhile for a time that has come. */
  run(now: number): void {
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      this.#removeFirst()
      const { task } = first
      first.task = undefined
      task?.(now)
    }
    this.cancel({ at: now, task: undefined })
  }

  /** Forgets all tasks. */
  clear(): void {
    this.#heap.length = 0
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    heap[0] = last
    this.#sink()
  }

  #rise(from: number): void {
    const heap = this.#heap
    for (let index = from; index > 0;) {
      const above = (index - 1) >> 1
      if (this.#at(above) <= this.#at(index)) return
      ;[heap[above], heap[index]] = [heap[index] as AgendaEntry, heap[above] as AgendaEntry]
      index = above
    }
  }

  #sink(): void {
    const heap = this.#heap
    for (let index = 0; ;) {
      const left = index * 2 + 1
      const least = this.#at(left + 1) < this.#at(left) ? left + 1 : left
      if (this.#at(least) >= this.#at(index)) return
      ;[heap[least], heap[index]] = [heap[index] as AgendaEntry, heap[least] as AgendaEntry]
      index = least
    }
  }

  #at(index: number): number {
    return this.#heap[index]?.at ?? Infinity
  }
}
