/** Rounds that one peer can begin in a minute. */
export const MAX_ROUNDS_PER_MINUTE = 10

const MINUTE_MS = 60_000

/** Limits how often a peer begins a round: a token bucket that fills up within a minute. */
export class RoundQuota {
  #left = MAX_ROUNDS_PER_MINUTE
  #at = 0

  /** Whether another round may begin now; if so, it is counted. */
  take(nowMs: number): boolean {
    const gained = ((nowMs - this.#at) * MAX_ROUNDS_PER_MINUTE) / MINUTE_MS
    this.#left = Math.min(MAX_ROUNDS_PER_MINUTE, this.#left + gained)
    this.#at = nowMs
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}
