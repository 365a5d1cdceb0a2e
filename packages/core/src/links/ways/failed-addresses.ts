import type { Clock } from '@astranet/interface'

/** How long an address that failed is not dialed again, in ms. */
export const FAILED_REST_MS = 60_000

/** How many addresses that failed are remembered. */
export const MAX_FAILED_ADDRESSES = 1_024

/** The error for an address that nobody dialed, because too many others have failed. */
const TOO_MANY = new Error(`${MAX_FAILED_ADDRESSES} advertised addresses have failed within a minute`)

interface Failure {
  readonly at: number
  readonly error: Error
}

/**
 * The advertised addresses that failed within the last minute, of all nodes. They are not dialed, so that members cannot
 * have a place flooded that never asked for it. When {@link MAX_FAILED_ADDRESSES} have failed, no other address is
 * dialed until the oldest has rested.
 */
export class FailedAddresses {
  readonly #clock: Clock
  /** The oldest comes first. */
  readonly #failures = new Map<string, Failure>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Why the address is not dialed now, if so. */
  errorOf(text: string): Error | undefined {
    const now = this.#clock.now()
    for (const [key, { at }] of this.#failures) {
      if (now - at < FAILED_REST_MS) break
      this.#failures.delete(key)
    }
    const failure = this.#failures.get(text)
    if (failure !== undefined) return failure.error
    return this.#failures.size >= MAX_FAILED_ADDRESSES ? TOO_MANY : undefined
  }

  /** A dial of it has failed. */
  add(text: string, error: Error): void {
    this.#failures.delete(text)
    this.#failures.set(text, { at: this.#clock.now(), error })
  }

  /** It led to the node. */
  delete(text: string): void {
    this.#failures.delete(text)
  }
}
