import { RESENT_MIN_BYTES, RESENT_REFILL_MS, RESENT_STATES } from '../model/limits.js'
import { Ration } from './ration.js'

/**
 * What a neighbour was sent in this life of the node, over all its links, and how much of that may be sent again: a
 * request costs the neighbour a few bytes, and the answer may be the whole state.
 */
export class SentHistory {
  readonly #resent = new Ration(RESENT_REFILL_MS)
  /** The incarnation in which the last delta was sent. -1: none was sent. */
  incarnation = -1
  /** Everything up to this sequence was sent, at one time or another. */
  sequence = 0

  /** Counts a sent part that began after `since` and took `bytes`, of a state of `stateBytes`. */
  record(part: { since: number; until: number; bytes: number; stateBytes: number }, now: number): void {
    if (part.since < this.sequence) {
      const max = Math.max(RESENT_MIN_BYTES, part.stateBytes * RESENT_STATES)
      this.#resent.use(part.bytes / max, now)
    }
    this.sequence = Math.max(this.sequence, part.until)
  }

  /** Whether what comes after `since` may be sent now: what is new always may. */
  canSend(since: number, now: number): boolean {
    return since >= this.sequence || this.#resent.hasRoom(now)
  }

  /** When something may be sent that was sent before. */
  canResendAt(now: number): number {
    return this.#resent.roomAt(now)
  }
}
