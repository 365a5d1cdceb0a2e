/** Something of which the largest is to be found. */
export interface Sized {
  /** Bytes. To be changed by {@link LargestFirst.resize} only. */
  bytes: number
  /** Where it is in the heap; -1: it is not. */
  place: number
}

/**
 * A heap: the largest of many that change their sizes is found at once. A change takes at most as many steps as the
 * logarithm of how many there are.
 */
export class LargestFirst<T extends Sized> {
  readonly #heap: T[] = []

  /** How many there are. */
  get size(): number {
    return this.#heap.length
  }

  /** The largest one; one of them when several are equally large. */
  get largest(): T | undefined {
    return this.#heap[0]
  }

  /** Its size is `bytes` now. One that is not there yet is added. */
  resize(item: T, bytes: number): void {
    const before = item.bytes
    item.bytes = bytes
    if (item.place === -1) this.#rise(item, this.#heap.length)
    else if (bytes > before) this.#rise(item, item.place)
    else this.#sink(item, item.place)
  }

  /** Takes it out. Does nothing when it is not there. */
  remove(item: T): void {
    const { place } = item
    if (place === -1) return
    item.place = -1
    const last = this.#heap.pop() as T
    if (last === item) return
    if (last.bytes > item.bytes) this.#rise(last, place)
    else this.#sink(last, place)
  }

  /** Puts an item at `place`, or above it. */
  #rise(item: T, place: number): void {
    let at = place
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = this.#heap[above] as T
      if (parent.bytes >= item.bytes) break
      this.#put(parent, at)
      at = above
    }
    this.#put(item, at)
  }

  /** Puts an item at `place`, or below it. */
  #sink(item: T, place: number): void {
    let at = place
    for (;;) {
      const below = this.#largerChild(at)
      if (below === undefined || below.bytes <= item.bytes) break
      const { place: next } = below
      this.#put(below, at)
      at = next
    }
    this.#put(item, at)
  }

  #largerChild(at: number): T | undefined {
    const left = this.#heap[2 * at + 1]
    const right = this.#heap[2 * at + 2]
    return left !== undefined && right !== undefined && right.bytes > left.bytes ? right : left
  }

  #put(item: T, at: number): void {
    this.#heap[at] = item
    item.place = at
  }
}
