/**
 * Limits the use of something costly: each use takes a share of the whole, and used shares become free again evenly
 * over time. A use is allowed while less than the whole is used, so the most at once is the whole and one more use.
 * Time is an argument, in ms; no timer runs.
 */
export class Ration {
  readonly #refillMs: number
  #used = 0
  #at = 0

  /** `refillMs`: the time in which the whole becomes free again. */
  constructor(refillMs: number) {
    this.#refillMs = refillMs
  }

  /** Whether there is room for one more use. */
  hasRoom(now: number): boolean {
    return this.#usedAt(now) < 1
  }

  /** Counts a use: `share` of the whole. */
  use(share: number, now: number): void {
    this.#used = this.#usedAt(now) + share
    this.#at = now
  }

  /** Counts a use if there is room for it. Returns whether there was. */
  tryUse(share: number, now: number): boolean {
    if (!this.hasRoom(now)) return false
    this.use(share, now)
    return true
  }

  /** When there is room again; `now` when there is room already. */
  roomAt(now: number): number {
    const excess = this.#usedAt(now) - 1
    // One ms later, so that rounding cannot leave it without room at that time.
    return excess < 0 ? now : now + excess * this.#refillMs + 1
  }

  /** When nothing is used any more. */
  unusedAt(now: number): number {
    return now + this.#usedAt(now) * this.#refillMs
  }

  #usedAt(now: number): number {
    return Math.max(0, this.#used - Math.max(0, now - this.#at) / this.#refillMs)
  }
}
