import type { NodeId } from '@astranet/interface'
import type { CatalogueLimits } from '../model/limits.js'

/** Which neighbours are down, when each was last heard, and which of them are to be forgotten. Time is an argument. */
export class Remembered {
  readonly #limits: CatalogueLimits
  /** When each was last heard, in ms. Longest down first, since each is put at the end when it goes down. */
  readonly #heardAt = new Map<NodeId, number>()

  constructor(limits: CatalogueLimits) {
    this.#limits = limits
  }

  /** The ids of those that are down. */
  ids(): IterableIterator<NodeId> {
    return this.#heardAt.keys()
  }

  /** Notes that `nodeId`, which was last heard at `heardAt` (ms), went down. */
  add(nodeId: NodeId, heardAt: number): void {
    this.#heardAt.delete(nodeId)
    this.#heardAt.set(nodeId, heardAt)
  }

  /** Notes that `nodeId` is up again, or forgotten. */
  delete(nodeId: NodeId): void {
    this.#heardAt.delete(nodeId)
  }

  /** Takes out those that were not heard for too long at `now` (ms), or that are too many. */
  takeForgotten(now: number): NodeId[] {
    const { forgetAfterMs, maxRemembered } = this.#limits
    const forgotten: NodeId[] = []
    for (const [nodeId, heardAt] of this.#heardAt) {
      // One whose link came up without a word keeps its time, so that those behind it may be due before it.
      if (this.#heardAt.size <= maxRemembered && now - heardAt < forgetAfterMs) continue
      this.#heardAt.delete(nodeId)
      forgotten.push(nodeId)
    }
    return forgotten
  }
}
