/** @internal Waits for something named to change. */
export interface ChangeWaiter {
  /** It has changed; the waiter waits no more. */
  changed(): void
}

/** Calls that wait for something named to change: a service to be offered, a route to be found. */
export class ChangeWaiters {
  readonly #waiting = new Map<string, Set<ChangeWaiter>>()

  /** Tells `waiter` of the next change of `key`. */
  add(key: string, waiter: ChangeWaiter): void {
    const set = this.#waiting.get(key)
    if (set === undefined) this.#waiting.set(key, new Set([waiter]))
    else set.add(waiter)
  }

  /** Tells `waiter` no more. */
  delete(key: string, waiter: ChangeWaiter): void {
    const set = this.#waiting.get(key)
    if (set?.delete(waiter) === true && set.size === 0) this.#waiting.delete(key)
  }

  /** `key` has changed. */
  wake(key: string): void {
    const set = this.#waiting.get(key)
    if (set === undefined) return
    this.#waiting.delete(key)
    for (const waiter of set) waiter.changed()
  }

  /** Everything may have changed. */
  wakeAll(): void {
    for (const key of [...this.#waiting.keys()]) this.wake(key)
  }
}
