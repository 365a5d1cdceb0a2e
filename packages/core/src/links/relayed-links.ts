import type { Clock, NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'
import { IdleTunnels } from './idle-tunnels.js'
import { PreferredLinks } from './preferred-links.js'

/** What links through routers need of the node. */
export interface RelayedLinksParts {
  readonly self: NodeId
  readonly clock: Clock
  /** How long one may be without a stream, in ms; 0: forever. */
  readonly idleMs: number
  /** There is a link to the node where there was none, another one is preferred now, or there is none any more. */
  readonly onChange: (nodeId: NodeId) => void
  /** There is no link through routers to the node any more; after `onChange`. */
  readonly onGone: (nodeId: NodeId, link: GoneLink) => void
}

/** The last link through routers to a node, after it has gone. */
export interface GoneLink {
  /** Whether this node had made it; otherwise the other one had. */
  readonly isDialedHere: boolean
  /** When it last had a stream, as far as was seen, in ms of the clock; `undefined`: it has had none. */
  readonly usedAtMs: number | undefined
  /** Whether it ended with an error and no go-away, as when a router on its way is killed. */
  readonly isBroken: boolean
}

/**
 * The links through routers, of which each node has one, as a rule. When both nodes open one at the same time, both
 * agree on the one that stays, as with direct links. They carry no registry, and are not in the catalogue.
 */
export class RelayedLinks extends PreferredLinks {
  readonly #idle: IdleTunnels
  readonly #onGone: RelayedLinksParts['onGone']

  constructor({ self, clock, idleMs, onChange, onGone }: RelayedLinksParts) {
    const onPreferred = (nodeId: NodeId, link: Link): void => {
      this.#idle.add(link)
      onChange(nodeId)
    }
    super({ self, clock, onPreferred, onLost: onChange })
    this.#onGone = onGone
    this.#idle = new IdleTunnels({ clock, idleMs, onIdle: (link) => void link.drain() })
  }

  /** A stream is about to be opened on the link, or was opened by the peer. Without effect for direct links. */
  used(link: Link): void {
    this.#idle.used(link)
  }

  override closed(nodeId: NodeId | undefined, link: Link, error?: Error): void {
    this.#withdraw(nodeId, link, error !== undefined)
    super.closed(nodeId, link, error)
    this.#idle.delete(link)
  }

  override withdraw(nodeId: NodeId | undefined, link: Link): void {
    this.#withdraw(nodeId, link, false)
  }

  #withdraw(nodeId: NodeId | undefined, link: Link, isBroken: boolean): void {
    const isLast = nodeId !== undefined && this.linkTo(nodeId) === link
    super.withdraw(nodeId, link)
    if (!isLast || this.linkTo(nodeId) !== undefined) return
    const usedAtMs = this.#idle.lastUse(link)
    this.#onGone(nodeId, { isDialedHere: link.facts.isDialedHere, usedAtMs, isBroken })
  }
}
