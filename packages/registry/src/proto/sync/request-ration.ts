import { REQUESTS_AT_ONCE, REQUESTS_REFILL_MS } from '../model/limits.js'
import { Ration } from './ration.js'

/**
 * How many requests a neighbour has sent since the exchange with it moved to its present link. The count starts anew on
 * another link, because another node may have used the neighbour's id on the one before. A restart that the neighbour
 * sends does not reset it.
 */
export class RequestRation {
  readonly #ration = new Ration(REQUESTS_REFILL_MS)

  /** Counts a digest or a restart. Returns whether it is allowed: false when the neighbour only sends requests. */
  use(now: number): boolean {
    if (!this.#ration.hasRoom(now)) return false
    this.#ration.use(1 / REQUESTS_AT_ONCE, now)
    return true
  }
}
