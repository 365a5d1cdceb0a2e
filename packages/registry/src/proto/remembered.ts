import type { NodeId } from '@astranet/interface'
import type { CatalogueLimits } from './limits.js'

/** Which neighbours are down, since when, and which of them are to be forgotten. Time is an argument; no timer runs. */
export class Remembered {
  readonly #limits: CatalogueLimits
  /** Longest down first, since each is put at the end when it goes down. */
  readonly #downSince = new Map<NodeId, number>()

  constructor(limits: CatalogueLimits) {
    this.#limits = limits
  }

  /** Notes that `nodeId` went down at `now` (ms). */
  add(nodeId: NodeId, now: number): void {
    this.#downSince.delete(nodeId)
    this.#downSince.set(nodeId, now)
  }

  /** Notes that `nodeId` is up again. */
  delete(nodeId: NodeId): void {
    this.#downSince.delete(nodeId)
  }

  /** Takes out those that have been down too long at `now` (ms), or that are too many. */
  takeForgotten(now: number): NodeId[] {
    const { forgetAfterMs, maxRemembered } = this.#limits
    const forgotten: NodeId[] = []
    for (const [nodeId, since] of this.#downSince) {
      if (this.#downSince.size <= maxRemembered && now - since < forgetAfterMs) break
      this.#downSince.delete(nodeId)
      forgotten.push(nodeId)
    }
    return forgotten
  }
}
