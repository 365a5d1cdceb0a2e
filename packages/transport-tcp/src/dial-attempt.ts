import { AstraError } from '@astranet/interface'

const MAX_TIMER_DELAY_MS = 0x7fffffff

/**
 * One attempt at dialing. It runs its steps until one of them fails, the signal aborts or the time is over; the first of
 * these counts, and destroys what the attempt has made.
 */
export class DialAttempt {
  readonly #failed: Promise<never>
  #reject!: (reason: unknown) => void
  #failure: { readonly reason: unknown } | undefined
  #held: { destroy(): void } | undefined

  constructor() {
    this.#failed = new Promise((_, reject) => (this.#reject = reject))
    // The attempt may fail between two steps, when no step waits for the promise.
    this.#failed.catch(() => {})
  }

  /** Sets what is destroyed on failure from now on: a socket, or several that race. */
  use<T extends { destroy(): void }>(held: T): T {
    this.#held = held
    return held
  }

  /** The result of `work`, unless the attempt fails before the caller continues. */
  async step<T>(work: Promise<T>): Promise<T> {
    const result = await Promise.race([work, this.#failed])
    if (this.#failure !== undefined) throw this.#failure.reason
    return result
  }

  fail(reason: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = { reason }
    this.#reject(reason)
    this.#held?.destroy()
  }

  /** Fails with `ETIMEDOUT` after `timeoutMs`. */
  limit(timeoutMs: number, target: string): NodeJS.Timeout {
    const message = `Dialing ${target} took longer than ${timeoutMs} ms.`
    return setTimeout(
      () => this.fail(new AstraError('ETIMEDOUT', message)),
      Math.min(timeoutMs, MAX_TIMER_DELAY_MS),
    )
  }
}
