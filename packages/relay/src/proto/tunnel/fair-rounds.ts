import { SourceRounds } from './source-rounds.js'

/** Whose turn something waits for. */
export interface Turn {
  /** The neighbour whose link the bytes come in on. */
  readonly neighbour: unknown
  /** The node that sends, as that neighbour names it: the key of an account. */
  readonly key: unknown
}

/**
 * Who has the next turn: round robin over the neighbours, over the sources of each, and over what waits of each source.
 * So a source with ten tunnels gets as much as one with a single tunnel, and a neighbour that names a thousand sources
 * takes turns only from what comes over its own link. Each turn is worth the same number of bytes; because bytes can be
 * divided at any place, no deficit is left over from a turn.
 */
export class FairRounds<T> {
  readonly #neighbours = new Map<unknown, SourceRounds<T>>()

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#neighbours.size === 0
  }

  /** `item` waits behind the others of its source. It must not wait already. */
  add({ neighbour, key }: Turn, item: T): void {
    const sources = this.#neighbours.get(neighbour) ?? new SourceRounds<T>()
    this.#neighbours.set(neighbour, sources)
    sources.add(key, item)
  }

  /** Takes the item that has the next turn. Then its neighbour comes last, and its source last of that neighbour's. */
  take(): T | undefined {
    const [first] = this.#neighbours
    if (first === undefined) return undefined
    const [neighbour, sources] = first
    this.#neighbours.delete(neighbour)
    const item = sources.take()
    if (!sources.isEmpty) this.#neighbours.set(neighbour, sources)
    return item
  }

  /** `item` does not wait any more. Idempotent. */
  delete({ neighbour, key }: Turn, item: T): void {
    const sources = this.#neighbours.get(neighbour)
    sources?.delete(key, item)
    if (sources?.isEmpty === true) this.#neighbours.delete(neighbour)
  }
}
