/** When the first tries begin after the network has changed, in ms after the one before. */
export const FIRST_TRIES_MS: readonly number[] = [0, 2_000, 8_000]

/** The first pause after these tries, in ms; doubled each time. */
export const FIRST_PAUSE_MS = 60_000

/** The longest pause between two tries, in ms. */
export const MAX_PAUSE_MS = 1_800_000

/**
 * When to try next to reach a peer directly: three tries for each state of the network, then after a minute, and with
 * longer pauses. The state is what this node and the peer can find out about their addresses.
 */
export class RetrySchedule {
  #tries = 0
  /** When the last try ended, or the network changed. */
  #since: number

  constructor(nowMs: number) {
    this.#since = nowMs
  }

  /** When the next try is due. */
  get dueAt(): number {
    const first = FIRST_TRIES_MS[this.#tries]
    if (first !== undefined) return this.#since + first
    const doublings = Math.min(this.#tries - FIRST_TRIES_MS.length, 16)
    return this.#since + Math.min(FIRST_PAUSE_MS * 2 ** doublings, MAX_PAUSE_MS)
  }

  /** A try has ended without success, whichever side began it. */
  failed(nowMs: number): void {
    this.#tries += 1
    this.#since = nowMs
  }

  /** The network of this node or of the peer has changed, or the machine woke: three tries again. */
  changed(nowMs: number): void {
    this.#tries = 0
    this.#since = nowMs
  }
}
