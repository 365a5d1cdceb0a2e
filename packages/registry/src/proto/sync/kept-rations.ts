import { RESENT_REFILL_MS } from '../model/limits.js'
import { Ration } from './ration.js'
import { LOOKS_REFILL_MS } from './sync-limits.js'

/** The rations of one node over all its links: a new link does not fill them again. */
export class KeptRations {
  /** What it was sent because it asked. */
  readonly resent: Ration = new Ration(RESENT_REFILL_MS)
  /** How many owners and records are looked at because it changes what it wants, if it is a leaf. */
  readonly looks: Ration = new Ration(LOOKS_REFILL_MS)

  /** Whether a part of them is still used at `now` (ms): then they have to be remembered. */
  isUsed(now: number): boolean {
    return this.resent.unusedAt(now) > now || this.looks.unusedAt(now) > now
  }
}
