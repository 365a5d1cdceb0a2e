/**
 * Limits the use of something costly: each use takes a share of the whole, and used shares become free again evenly
 * over time. A use is allowed while less than the whole is used, so the most at once is the whole and one more use.
 * Time is an argument, in ms; no timer runs.
 */
export class Ration {
  readonly #refillMs: number
  /** When nothing is used any more. */
  #unusedAt = -Infinity

  /** `refillMs`: the time in which the whole becomes free again. */
  constructor(refillMs: number) {
    this.#refillMs = refillMs
  }

  /** Whether there is room for one more use. */
  hasRoom(now: number): boolean {
    return this.#unusedAt - now < this.#refillMs
  }

  /** Counts a use: `share` of the whole. */
  use(share: number, now: number): void {
    this.#unusedAt = this.unusedAt(now) + share * this.#refillMs
  }

  /** Counts a use if there is room for it. Returns whether there was. */
  tryUse(share: number, now: number): boolean {
    if (!this.hasRoom(now)) return false
    this.use(share, now)
    return true
  }

  /** When there is room again; `now` when there is room already. */
  roomAt(now: number): number {
    // One ms later, so that rounding cannot leave it without room at that time.
    return this.hasRoom(now) ? now : this.#unusedAt - this.#refillMs + 1
  }

  /** When nothing is used any more; `now` when nothing is used already. */
  unusedAt(now: number): number {
    return Math.max(now, this.#unusedAt)
  }
}
