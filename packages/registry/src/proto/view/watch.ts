/**
 * A view of something that changes, at the watcher's own pace. Changes wait, at most one per thing watched, until they
 * are taken; of several changes of one thing only the outcome is told, and none when it came back to what it was.
 */
export interface Watch<C> {
  /**
   * The changes since the last call, each once, in the order in which things first changed. The first call tells all
   * that is there. After `close` there are none.
   */
  take(): C[]
  /** Ends the watch. Idempotent. */
  close(): void
}

/** How an {@link ObservedMap} compares values and tells of changes. */
export interface ObservedMapOptions<V, C> {
  /** Whether two values are the same to a watcher. */
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

  /** All values, in the order in which their keys came. */
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

  /** Wakes the watchers that have something to take and were not woken since they last took. */
  settle(): void {
    for (const watch of this.#watches) watch.wake()
  }

  /**
   * Starts a watch. `onPending` is called once when there is something to take, then not again before it was taken; it
   * is called at the end of the call that made the change, so it should only schedule, and must not throw. What is there
   * already can be taken at once; it is no reason for a call by itself.
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

/** For one watcher: which keys changed, and the value that it last knew of each. */
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
    // Came and went unseen: without this, keys that live briefly would pile up.
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
