import type { NodeId } from '@astranet/interface'

/** A cost is published again at the soonest after this time, in ms. */
const LINK_COST_INTERVAL_MS = 10_000

/** A cost is published again when it differs from the published one by at least this part of it. */
const LINK_COST_CHANGE = 0.25

interface Published {
  readonly cost: number
  readonly at: number
}

/** Decides when the cost of a link has changed so much that the network should hear of it. */
export class LinkCosts {
  readonly #published = new Map<NodeId, Published>()

  /** Whether `cost`, measured at `now` (ms), is to be published. */
  isDue(neighbour: NodeId, cost: number, now: number): boolean {
    const last = this.#published.get(neighbour)
    if (last === undefined) return true
    if (cost === last.cost || now - last.at < LINK_COST_INTERVAL_MS) return false
    return Math.abs(cost - last.cost) >= last.cost * LINK_COST_CHANGE
  }

  /** `cost` was published at `now`. */
  published(neighbour: NodeId, cost: number, now: number): void {
    this.#published.set(neighbour, { cost, at: now })
  }

  /** The link is gone. */
  delete(neighbour: NodeId): void {
    this.#published.delete(neighbour)
  }
}
