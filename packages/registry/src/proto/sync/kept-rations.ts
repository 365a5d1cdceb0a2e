import { RESENT_REFILL_MS } from '../model/limits.js'
import { Ration } from './ration.js'
import { LOOKS_REFILL_MS } from './sync-limits.js'

/** What one node may cost over all its links: a new link does not make them full again. */
export class KeptRations {
  /** What it was sent because it asked. */
  readonly resent: Ration = new Ration(RESENT_REFILL_MS)
  /** How many owners and records are looked at because it changes what it wants, if it is a leaf. */
  readonly looks: Ration = new Ration(LOOKS_REFILL_MS)

  /** Whether something of them is used at `now` (ms), so that they have to be remembered. */
  isUsed(now: number): boolean {
    return this.resent.unusedAt(now) > now || this.looks.unusedAt(now) > now
  }
}
