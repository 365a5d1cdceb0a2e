/** One that waits for its turn, and the source that it belongs to. */
interface Waiting<T> {
  readonly source: unknown
  /** Those of the source that wait, the first one first. */
  readonly items: T[]
}

/** Round robin over the sources of one neighbour, and over what waits of each source. */
export class SourceRounds<T> {
  readonly #sources = new Map<unknown, Waiting<T>>()

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#sources.size === 0
  }

  /** `item` waits behind the others of its source. It must not wait already. */
  add(source: unknown, item: T): void {
    const waiting = this.#sources.get(source)
    if (waiting === undefined) this.#sources.set(source, { source, items: [item] })
    else waiting.items.push(item)
  }

  /** Takes the item that has the next turn. Its source is the last one then. */
  take(): T | undefined {
    const [first] = this.#sources.values()
    if (first === undefined) return undefined
    this.#sources.delete(first.source)
    const item = first.items.shift()
    if (first.items.length > 0) this.#sources.set(first.source, first)
    return item
  }

  /** `item` does not wait any more. Idempotent. */
  delete(source: unknown, item: T): void {
    const waiting = this.#sources.get(source)
    const at = waiting?.items.indexOf(item) ?? -1
    if (waiting === undefined || at < 0) return
    waiting.items.splice(at, 1)
    if (waiting.items.length === 0) this.#sources.delete(source)
  }
}
