import type { Clock, Timer } from '@astranet/interface'

/** Time that moves only when a test moves it. */
export class VirtualClock implements Clock {
  #now = 0
  #deferred: (() => void)[] = []
  readonly #timers = new Set<{ at: number; callback: () => void }>()

  now(): number {
    return this.#now
  }

  /** Timers that are set. */
  get timers(): number {
    return this.#timers.size
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = { at: this.#now + delayMs, callback }
    this.#timers.add(timer)
    return { cancel: () => void this.#timers.delete(timer) }
  }

  defer(callback: () => void): void {
    this.#deferred.push(callback)
  }

  /** Runs all that is due now, and what that makes due, promises included. */
  async run(): Promise<void> {
    do {
      this.runNow()
      // Cryptography of Node's answers within the same turn, so that no promise is pending behind one.
      await new Promise((resolve) => setImmediate(resolve))
    } while (this.#deferred.length > 0)
  }

  /** Runs all that is due now, without promises. */
  runNow(): void {
    for (let callback = this.#deferred.shift(); callback !== undefined; callback = this.#deferred.shift())
      callback()
  }

  /** Lets time pass. */
  async advance(ms: number): Promise<void> {
    await this.run()
    const end = this.#now + ms
    for (let next = this.#first(end); next !== undefined; next = this.#first(end)) {
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.callback()
      await this.run()
    }
    this.#now = end
  }

  #first(end: number): { at: number; callback: () => void } | undefined {
    const due = [...this.#timers].filter((timer) => timer.at <= end)
    return due.sort((left, right) => left.at - right.at)[0]
  }
}
