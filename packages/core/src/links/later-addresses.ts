import type { NodeId } from '@astranet/interface'
import type { PreferredLinks } from './preferred-links.js'

/** What noticing new addresses needs of the node. */
export interface LaterAddressesParts {
  readonly direct: PreferredLinks
  readonly relayed: PreferredLinks
  /** What the node advertises that may be dialed: a new list when that changes. */
  readonly addressesOf: (nodeId: NodeId) => readonly unknown[]
  /** Begins to dial what the node advertises; false: it was just tried, and `look` follows when it may be again. */
  readonly dial: (nodeId: NodeId) => boolean
}

/**
 * Dials nodes that are reached through routers only when they begin to advertise addresses, or advertise others. What a
 * node advertised when its link was made is the dial's to try. Memory: one entry for each link through routers.
 */
export class LaterAddresses {
  readonly #parts: LaterAddressesParts
  /** What each such node advertised when it was last tried. */
  readonly #tried = new Map<NodeId, readonly unknown[]>()

  constructor(parts: LaterAddressesParts) {
    this.#parts = parts
  }

  /** The links to the node have changed. */
  changed(nodeId: NodeId): void {
    const { direct, relayed, addressesOf } = this.#parts
    const isRelayed = direct.linkTo(nodeId) === undefined && relayed.linkTo(nodeId) !== undefined
    if (!isRelayed) this.#tried.delete(nodeId)
    else if (!this.#tried.has(nodeId)) this.#tried.set(nodeId, addressesOf(nodeId))
  }

  /** What nodes advertise may have changed, or an attempt to dial has ended. */
  look(): void {
    const { addressesOf, dial } = this.#parts
    for (const [nodeId, tried] of this.#tried) {
      const addresses = addressesOf(nodeId)
      if (addresses === tried) continue
      if (addresses.length === 0 || dial(nodeId)) this.#tried.set(nodeId, addresses)
    }
  }
}
