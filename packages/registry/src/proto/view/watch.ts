/**
 * Changes of a set of values, taken at the watcher's own pace. Changes wait until they are taken, at most one per
 * value. Of several changes of one value only the result is reported, and none when the value is what it was.
 */
export interface Watch<C> {
  /**
   * The changes since the last call, each once, in the order in which the values first changed; at most `limit` of
   * them (1 or more, default all). The others keep waiting: `onPending` is not called for them, so take until there are
   * fewer than `limit`. At first all values are reported. After `close` there are none. Throws a `RangeError` or
   * `TypeError` for a wrong `limit`.
   */
  take(limit?: number): C[]
  /** Ends the watch. Idempotent. */
  close(): void
}

/** How an {@link ObservedMap} compares values and reports changes. */
export interface ObservedMapOptions<V, C> {
  /** Whether two values are equal for a watcher. */
  readonly isSame: (a: V, b: V) => boolean
  /** The change from `before` to `now`; `undefined` is absence. Never called with both `undefined`. */
  readonly change: (before: V | undefined, now: V | undefined) => C
}

/** A map whose changes can be watched. A watch costs one slot per key that changed since it was last taken from. */
export class ObservedMap<V extends object, C> {
  readonly #options: ObservedMapOptions<V, C>
  readonly #values = new Map<string, V>()
  readonly #watches = new Set<PendingChanges<V>>()

  constructor(options: ObservedMapOptions<V, C>) {
    this.#options = options
  }

  /** The value under `key`. */
  value(key: string): V | undefined {
    return this.#values.get(key)
  }

  /** All values, in the order in which their keys were added. */
  values(): IterableIterator<V> {
    return this.#values.values()
  }

  /** Sets the value under `key`; `undefined` removes it. */
  set(key: string, now: V | undefined): void {
    const before = this.#values.get(key)
    if (before === undefined && now === undefined) return
    if (now === undefined) this.#values.delete(key)
    else this.#values.set(key, now)
    for (const watch of this.#watches) watch.note(key, before, now)
  }

  /** Calls the watchers that have something to take and were not called since their last take. */
  notify(): void {
    for (const watch of this.#watches) watch.wake()
  }

  /**
   * Starts a watch. `onPending` is called once when there is something to take, then not again before it was taken. It
   * is called at the end of the call that made the change, so it should only schedule, and must not throw. Values that
   * exist already can be taken at once; they do not cause a call.
   */
  watch(onPending: () => void): Watch<C> {
    const pending = new PendingChanges<V>(onPending, this.#values.keys())
    this.#watches.add(pending)
    return {
      take: () => (this.#watches.has(pending) ? this.#take(pending) : []),
      close: () => void this.#watches.delete(pending),
    }
  }

  #take(pending: PendingChanges<V>): C[] {
    const changes: C[] = []
    for (const [key, before] of pending.take()) {
      const now = this.#values.get(key)
      if (before !== undefined && now !== undefined && this.#options.isSame(before, now)) continue
      changes.push(this.#options.change(before, now))
    }
    return changes
  }
}

/** For one watcher: which keys changed, and the value that it was last given of each. */
class PendingChanges<V> {
  readonly #onPending: () => void
  #known = new Map<string, V | undefined>()
  #isWoken = false

  constructor(onPending: () => void, present: Iterable<string>) {
    this.#onPending = onPending
    for (const key of present) this.#known.set(key, undefined)
  }

  note(key: string, before: V | undefined, now: V | undefined): void {
    if (!this.#known.has(key)) this.#known.set(key, before)
    // Added and removed between two takes: without this, keys that live briefly would accumulate.
    else if (now === undefined && this.#known.get(key) === undefined) this.#known.delete(key)
  }

  wake(): void {
    if (this.#isWoken || this.#known.size === 0) return
    this.#isWoken = true
    this.#onPending()
  }

  take(): Map<string, V | undefined> {
    const known = this.#known
    this.#known = new Map()
    this.#isWoken = false
    return known
  }
}
