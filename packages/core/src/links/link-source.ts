import type { NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'
import type { PreferredLinks } from './preferred-links.js'

/**
 * The one place where dials get links. At present it finds links that exist. A way that makes a link by address or through
 * routers belongs here: `obtain` then begins to make one and returns `undefined`, and the dial waits until its deadline, as
 * for a link that a join makes; `Dialer.changed` wakes it.
 */
export class LinkSource {
  readonly #preferred: PreferredLinks

  constructor(preferred: PreferredLinks) {
    this.#preferred = preferred
  }

  /**
   * Whether a dial can be sent to the node now. A link that ends or goes away exists for a while longer, but takes no
   * dials.
   */
  canReach(nodeId: NodeId): boolean {
    return this.#preferred.linkTo(nodeId)?.isDialable === true
  }

  /** The link to dial the node over, if there is one. */
  obtain(nodeId: NodeId): Link | undefined {
    return this.#preferred.linkTo(nodeId)
  }
}
