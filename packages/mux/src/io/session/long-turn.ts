/**
 * After this time, in ms, what waits is sent although the turn of the event loop goes on: the peer then works on it
 * meanwhile. Long enough that a flush, some 10 us for both sides, costs little beside it.
 */
const LONG_TURN_MS = 0.1

/**
 * If eight streams were written within this time, in ms, the session waits for more of them: sending at once would gain
 * the peer less than the flush costs.
 */
const FAST_STREAMS_MS = 0.04

/** Decides when a turn in which many streams write has been long. */
export class LongTurn {
  // No value here, but in the constructor: it is a number with fractions.
  #since: number

  constructor() {
    this.#since = -1
  }

  /** Eight more streams wait. Returns whether what waits is to be sent now. */
  isOver(now: number): boolean {
    const elapsedMs = this.#since < 0 ? 0 : now - this.#since
    if (elapsedMs < FAST_STREAMS_MS || elapsedMs >= LONG_TURN_MS) this.#since = now
    return elapsedMs >= LONG_TURN_MS
  }

  /** Everything was sent: the next call begins anew. */
  reset(): void {
    this.#since = -1
  }
}
