/** How many handshakes may be answered in a second, of all hosts together. */
export interface TotalQuotaOptions {
  readonly perSecond: number
  /** Numbers from 0 up to 1 without 1. */
  readonly random: () => number
}

/**
 * How many handshakes a node answers: so many in a second, and at most a second's at once. Where more are asked for, each
 * is refused with the probability that keeps this rate. So a peer's chance does not depend on when in a second it asks,
 * and peers that ask often cannot take every place before others ask.
 */
export class TotalQuota {
  readonly #perSecond: number
  readonly #random: () => number
  /** Handshakes that may be answered now. */
  #left: number
  /** What was asked for in the last second; older questions fade away. */
  #asked = 0
  #at = 0

  constructor({ perSecond, random }: TotalQuotaOptions) {
    this.#perSecond = perSecond
    this.#random = random
    this.#left = perSecond
  }

  /** Whether another one may be answered at the time `now`, in ms. Counts it then. */
  take(now: number): boolean {
    const seconds = Math.max(0, now - this.#at) / 1_000
    this.#at = now
    this.#left = Math.min(this.#perSecond, this.#left + seconds * this.#perSecond)
    this.#asked = this.#asked * Math.exp(-seconds) + 1
    if (this.#left < 1) return false
    if (this.#asked > this.#perSecond && this.#random() * this.#asked >= this.#perSecond) return false
    this.#left -= 1
    return true
  }
}
