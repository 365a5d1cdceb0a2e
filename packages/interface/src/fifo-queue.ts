/** Taken items are cut off the front once there are this many and they are half of the array. */
const MIN_CUT = 32

/** A queue, first in, first out. Each call takes constant time on average, and a taken item is not referred to any more. */
export class FifoQueue<T> {
  #items: (T | undefined)[] = []
  #head = 0

  /** How many items wait. */
  get size(): number {
    return this.#items.length - this.#head
  }

  push(item: T): void {
    this.#items.push(item)
  }

  /** The oldest item, left in its place; `undefined` when there is none. */
  peek(): T | undefined {
    return this.#items[this.#head]
  }

  /** Takes the oldest item out; `undefined` when there is none. */
  shift(): T | undefined {
    if (this.#head === this.#items.length) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head] = undefined
    this.#head += 1
    if (this.#head >= MIN_CUT && this.#head * 2 >= this.#items.length) {
      this.#items.splice(0, this.#head)
      this.#head = 0
    }
    return item
  }

  /** Drops the items for which `isKept` returns `false`. The others keep their order. */
  keep(isKept: (item: T) => boolean): void {
    this.#items = this.#items.slice(this.#head).filter((item) => isKept(item as T))
    this.#head = 0
  }

  /** Drops all items. */
  clear(): void {
    this.#items = []
    this.#head = 0
  }
}
