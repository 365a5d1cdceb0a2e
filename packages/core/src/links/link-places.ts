import type { NodeId } from '@astranet/interface'
import type { LinkRole } from '@astranet/link'

/** One of so many places is kept for links that this node dials. */
const DIALED_SHARE = 16

/** The node at the other end of a link, and which side made it. */
export interface PlacedLink {
  readonly nodeId: NodeId
  readonly role: LinkRole
}

interface Place {
  readonly nodeId: NodeId
  /** Which of the places it has; `beyond`: none. */
  kind: 'dialed' | 'accepted' | 'beyond'
}

/** The links of one peer that have a place or are beyond the limit. */
interface PeerLinks<TLink> {
  readonly placed: Set<TLink>
  beyond: TLink | undefined
}

/**
 * How many links a node may have. Accepted links leave some of the places free, so that others cannot keep this node
 * from making its own. A peer that has a place may have one link beyond the limit: it may have restarted, and the link
 * of its former life may not have been noticed as broken. When a link of that peer ends, its place goes to that one.
 */
export class LinkPlaces<TLink> {
  readonly #maxLinks: number
  readonly #maxAccepted: number
  readonly #places = new Map<TLink, Place>()
  readonly #peers = new Map<NodeId, PeerLinks<TLink>>()
  #dialed = 0
  #accepted = 0

  constructor(maxLinks: number) {
    this.#maxLinks = maxLinks
    const kept = maxLinks === 1 ? 0 : Math.max(1, Math.floor(maxLinks / DIALED_SHARE))
    this.#maxAccepted = maxLinks - kept
  }

  has(link: TLink): boolean {
    return this.#places.has(link)
  }

  /** Gives the link a place, or lets it be beyond the limit. Otherwise returns why it may be neither. */
  take(link: TLink, { nodeId, role }: PlacedLink): string | undefined {
    const kind = role === 'dialer' ? 'dialed' : 'accepted'
    const peer = this.#peers.get(nodeId) ?? { placed: new Set(), beyond: undefined }
    const fault = this.#faultOf(kind)
    if (fault === undefined) {
      this.#count(kind, 1)
      peer.placed.add(link)
    } else if (peer.placed.size > 0 && peer.beyond === undefined) {
      peer.beyond = link
    } else {
      return fault
    }
    this.#peers.set(nodeId, peer)
    this.#places.set(link, { nodeId, kind: fault === undefined ? kind : 'beyond' })
    return undefined
  }

  /** The link has ended, or may not come in. Idempotent. */
  release(link: TLink): void {
    const place = this.#places.get(link)
    const peer = place === undefined ? undefined : this.#peers.get(place.nodeId)
    if (place === undefined || peer === undefined) return
    this.#places.delete(link)
    peer.placed.delete(link)
    const { beyond } = peer
    const heir = beyond === undefined ? undefined : this.#places.get(beyond)
    if (place.kind === 'beyond') {
      peer.beyond = undefined
    } else if (beyond !== undefined && heir !== undefined) {
      peer.beyond = undefined
      peer.placed.add(beyond)
      heir.kind = place.kind
    } else {
      this.#count(place.kind, -1)
    }
    if (peer.placed.size === 0) this.#peers.delete(place.nodeId)
  }

  #faultOf(kind: 'dialed' | 'accepted'): string | undefined {
    if (this.#dialed + this.#accepted >= this.#maxLinks)
      return `this node has the most links that it may have, ${this.#maxLinks}`
    if (kind === 'accepted' && this.#accepted >= this.#maxAccepted)
      return `this node has the most links that others may make to it, ${this.#maxAccepted}`
    return undefined
  }

  #count(kind: 'dialed' | 'accepted', change: 1 | -1): void {
    if (kind === 'dialed') this.#dialed += change
    else this.#accepted += change
  }
}
