/** An entry of a {@link SlotList}. */
export interface Listed {
  /** Where it stands in its list; -1: in none. */
  place: number
}

/** Entries without an order, of which one can be drawn at random; adding and removing take constant time. */
export class SlotList<T extends Listed> {
  readonly #entries: T[] = []

  get size(): number {
    return this.#entries.length
  }

  add(entry: T): void {
    entry.place = this.#entries.length
    this.#entries.push(entry)
  }

  delete(entry: T): void {
    const last = this.#entries.pop()
    if (last === undefined) return
    if (last !== entry) {
      this.#entries[entry.place] = last
      last.place = entry.place
    }
    entry.place = -1
  }

  /** One of the entries, by `random`, which gives a number from 0 up to 1 without 1. */
  draw(random: () => number): T | undefined {
    return this.#entries[Math.floor(random() * this.#entries.length)]
  }
}
