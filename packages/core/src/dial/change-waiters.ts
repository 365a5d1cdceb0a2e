/** @internal Waits for a change. */
export interface ChangeWaiter {
  /** Something has changed. The waiter was removed before this call. */
  changed(): void
}

/**
 * Calls that wait for a service or a link. Any change wakes all of them, at most once in a turn of the event loop. Few
 * calls wait, and for seconds at most, so an index by name would cost more than it saves.
 */
export class ChangeWaiters {
  #waiting = new Set<ChangeWaiter>()

  /** Wakes `waiter` at the next change. */
  add(waiter: ChangeWaiter): void {
    this.#waiting.add(waiter)
  }

  /** Wakes `waiter` no more. */
  delete(waiter: ChangeWaiter): void {
    this.#waiting.delete(waiter)
  }

  /** Something has changed. A waiter that is added meanwhile waits for the next change. */
  wake(): void {
    if (this.#waiting.size === 0) return
    const waiting = this.#waiting
    this.#waiting = new Set()
    for (const waiter of waiting) waiter.changed()
  }
}
