/** A token bucket: `capacity` tokens at once, and `perSecond` new ones each second. */
export class TokenBucket {
  readonly #capacity: number
  readonly #perSecond: number
  #tokens: number
  #at: number

  constructor(capacity: number, perSecond: number, now: number) {
    this.#capacity = capacity
    this.#perSecond = perSecond
    this.#tokens = capacity
    this.#at = now
  }

  /** Takes one token. False when there is none. `now` in ms. */
  take(now: number): boolean {
    this.#refill(now)
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }

  /** Puts tokens back, up to the capacity. */
  put(tokens: number): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + tokens)
  }

  #refill(now: number): void {
    if (now <= this.#at) return
    this.put(((now - this.#at) * this.#perSecond) / 1_000)
    this.#at = now
  }
}
