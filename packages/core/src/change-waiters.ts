import type { Deadline } from './deadline.js'

/** Callers that wait for something named to change: a service to be offered, a route to be found. */
export class ChangeWaiters {
  readonly #waiting = new Map<string, Set<() => void>>()

  /** Resolves at the next change of `key`, or when the deadline is over. */
  wait(key: string, deadline: Deadline): Promise<void> {
    return new Promise((resolve) => {
      const set = this.#waiting.get(key) ?? new Set()
      this.#waiting.set(key, set)
      const done = (): void => {
        deadline.onOver(undefined)
        set.delete(done)
        if (set.size === 0 && this.#waiting.get(key) === set) this.#waiting.delete(key)
        resolve()
      }
      set.add(done)
      deadline.onOver(done)
    })
  }

  /** `key` has changed. */
  wake(key: string): void {
    const set = this.#waiting.get(key)
    if (set === undefined) return
    this.#waiting.delete(key)
    for (const done of [...set]) done()
  }

  /** Everything may have changed. */
  wakeAll(): void {
    for (const key of [...this.#waiting.keys()]) this.wake(key)
  }
}
