import { QUESTIONS_AT_ONCE, QUESTIONS_REFILL_MS } from '../model/limits.js'
import { Ration } from './ration.js'

/**
 * How much a neighbour has asked since the exchange with it came onto its link. It begins anew on another link: on the one
 * before somebody else may have used the neighbour's id. A restart that the neighbour sends does not begin it anew.
 */
export class Questions {
  readonly #ration = new Ration(QUESTIONS_REFILL_MS)

  /** It sent a digest or a restart. Returns whether it may: false when it does nothing but ask. */
  asked(now: number): boolean {
    if (!this.#ration.hasRoom(now)) return false
    this.#ration.use(1 / QUESTIONS_AT_ONCE, now)
    return true
  }
}
