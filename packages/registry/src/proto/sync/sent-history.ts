import { RESENT_MIN_BYTES, RESENT_STATES, RESENT_REFILL_MS } from '../model/limits.js'
import { Ration } from './ration.js'

/**
 * What a neighbour was told in this life of the node, over all its links, and how much of that it may still be told
 * again: asking takes it a few bytes, an answer may be the whole state.
 */
export class Told {
  readonly #resent = new Ration(RESENT_REFILL_MS)
  /** The incarnation in which it was told last. -1: it was told nothing. */
  incarnation = -1
  /** It was sent everything up to this sequence, at one time or another. */
  sequence = 0

  /** It was sent a part that began after `since` and took `bytes`, of a state of `stateBytes`. */
  sent(part: { since: number; until: number; bytes: number; stateBytes: number }, now: number): void {
    if (part.since < this.sequence) {
      const most = Math.max(RESENT_MIN_BYTES, part.stateBytes * RESENT_STATES)
      this.#resent.use(part.bytes / most, now)
    }
    this.sequence = Math.max(this.sequence, part.until)
  }

  /** Whether what comes after `since` may be sent now: what is new always may. */
  mayBeSent(since: number, now: number): boolean {
    return since >= this.sequence || this.#resent.hasRoom(now)
  }

  /** When something that it was told before may be sent again. */
  mayBeResentAt(now: number): number {
    return this.#resent.roomAt(now)
  }
}
