import type { NodeId } from '@astranet/interface'
import type { CatalogueLimits } from '../model/limits.js'

/** Which neighbours are down but not forgotten yet, and which of them are to be forgotten. Time is an argument. */
export class RetainedReplicas {
  readonly #limits: CatalogueLimits
  /**
   * When each last confirmed its entries, in ms. The one that has been down longest is first, because each is added at
   * the end when it goes down.
   */
  readonly #confirmedAt = new Map<NodeId, number>()

  constructor(limits: CatalogueLimits) {
    this.#limits = limits
  }

  /** The ids of those that are down. */
  ids(): IterableIterator<NodeId> {
    return this.#confirmedAt.keys()
  }

  /** `nodeId`, which last confirmed its entries at `confirmedAt` (ms), went down. */
  add(nodeId: NodeId, confirmedAt: number): void {
    this.#confirmedAt.delete(nodeId)
    this.#confirmedAt.set(nodeId, confirmedAt)
  }

  /** `nodeId` is up again, or forgotten. */
  delete(nodeId: NodeId): void {
    this.#confirmedAt.delete(nodeId)
  }

  /** Removes and returns those that have expired at `now` (ms), and the oldest of those that are too many. */
  takeExpired(now: number): NodeId[] {
    const { forgetAfterMs, maxRemembered } = this.#limits
    const expired: NodeId[] = []
    for (const [nodeId, confirmedAt] of this.#confirmedAt) {
      // One that came up and went down without a message keeps its time, so later ones may expire before it.
      if (this.#confirmedAt.size <= maxRemembered && now - confirmedAt < forgetAfterMs) continue
      this.#confirmedAt.delete(nodeId)
      expired.push(nodeId)
    }
    return expired
  }
}
