/** @internal Waits for something to change. */
export interface ChangeWaiter {
  /** Something has changed; the waiter waits no more. */
  changed(): void
}

/**
 * Calls that wait for a service to be offered or a node to be linked. Any change wakes all of them, at most once in a turn
 * of the event loop: which names a change is about is not worth knowing for the few seconds that few calls wait.
 */
export class ChangeWaiters {
  #waiting = new Set<ChangeWaiter>()

  /** Tells `waiter` of the next change. */
  add(waiter: ChangeWaiter): void {
    this.#waiting.add(waiter)
  }

  /** Tells `waiter` no more. */
  delete(waiter: ChangeWaiter): void {
    this.#waiting.delete(waiter)
  }

  /** Something has changed. Those that wait again meanwhile wait for the next change. */
  wake(): void {
    if (this.#waiting.size === 0) return
    const waiting = this.#waiting
    this.#waiting = new Set()
    for (const waiter of waiting) waiter.changed()
  }
}
