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

  /** Runs all that is due now, and what that makes due. */
  run(): void {
    for (let callback = this.#deferred.shift(); callback !== undefined; callback = this.#deferred.shift())
      callback()
  }

  /** Lets time pass. */
  advance(ms: number): void {
    this.run()
    const end = this.#now + ms
    for (let next = this.#first(end); next !== undefined; next = this.#first(end)) {
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.callback()
      this.run()
    }
    this.#now = end
  }

  /** `run`, with the promises of handshakes: their cryptography answers within the turn. */
  async settle(): Promise<void> {
    do {
      this.run()
      await new Promise((resolve) => setImmediate(resolve))
    } while (this.#deferred.length > 0)
  }

  /** `advance`, with the promises of handshakes. */
  async pass(ms: number): Promise<void> {
    await this.settle()
    const end = this.#now + ms
    for (let next = this.#first(end); next !== undefined; next = this.#first(end)) {
      this.advance(Math.max(0, next.at - this.#now))
      await this.settle()
    }
    this.advance(end - this.#now)
    await this.settle()
  }

  #first(end: number): { at: number; callback: () => void } | undefined {
    const due = [...this.#timers].filter((timer) => timer.at <= end)
    return due.sort((left, right) => left.at - right.at)[0]
  }
}
