import type { NodeId } from '@astranet/interface'
import type { LinkRole } from '@astranet/link'
import type { LinkPath } from './link-path.js'
import { RelayedPlaces } from './relayed-places.js'
import { originOf, type TunnelOrigin } from './tunnel-origin.js'

/** One of so many places is kept for links that this node dials. */
const DIALED_SHARE = 16

/** Accepted links through routers have one of so many of the accepted links' places. */
const RELAYED_SHARE = 2

/** The node at the other end of a link, which side made it, and over which way. */
export interface PlacedLink {
  readonly nodeId: NodeId
  readonly role: LinkRole
  readonly path: LinkPath
}

/** What the places ask and tell of links. */
export interface PlacedLinks<TLink> {
  /** Whether the link has no streams. */
  isIdle(link: TLink): boolean
  /** The link has lost its place to another one. Called last of all in `take`. */
  onReplaced(link: TLink): void
}

/** Which of the places a link has: a dialed or an accepted one, or one of those accepted through routers. */
type Kind = 'dialed' | 'accepted' | TunnelOrigin

interface Place {
  readonly nodeId: NodeId
  /** `beyond`: none. */
  kind: Kind | 'beyond'
}

/** The links of one peer that have a place or are beyond the limit. */
interface PeerLinks<TLink> {
  readonly placed: Set<TLink>
  beyond: TLink | undefined
}

/**
 * How many links a node may have. Accepted links leave some of the places free, so that others cannot keep this node
 * from making its own; those that came through routers leave half of theirs to connections, and share the other half as
 * {@link RelayedPlaces} says. A peer that has a place may have one link beyond the limit: it may have restarted, and the
 * link of its former life may not have been noticed as broken. When a link of that peer ends, its place goes to that one.
 */
export class LinkPlaces<TLink> {
  readonly #maxLinks: number
  readonly #maxAccepted: number
  readonly #maxRelayed: number
  /** Those of the accepted ones that came through routers. */
  readonly #relayed = new RelayedPlaces<TLink>()
  readonly #links: PlacedLinks<TLink>
  readonly #places = new Map<TLink, Place>()
  readonly #peers = new Map<NodeId, PeerLinks<TLink>>()
  #dialed = 0
  #accepted = 0

  constructor(maxLinks: number, links: PlacedLinks<TLink>) {
    this.#links = links
    this.#maxLinks = maxLinks
    const kept = maxLinks === 1 ? 0 : Math.max(1, Math.floor(maxLinks / DIALED_SHARE))
    this.#maxAccepted = maxLinks - kept
    this.#maxRelayed = Math.ceil(this.#maxAccepted / RELAYED_SHARE)
  }

  has(link: TLink): boolean {
    return this.#places.has(link)
  }

  /** Gives the link a place, or lets it be beyond the limit. Otherwise returns why it may be neither. */
  take(link: TLink, placed: PlacedLink): string | undefined {
    const { nodeId } = placed
    const kind = kindOf(placed)
    const peer = this.#peers.get(nodeId) ?? { placed: new Set(), beyond: undefined }
    const mayBeBeyond = peer.placed.size > 0 && peer.beyond === undefined
    const fault = this.#faultOf(kind)
    const replaced = fault === undefined || mayBeBeyond ? [] : this.#replaceOne(kind)
    if (fault === undefined || replaced.length > 0) {
      this.#count(kind, link, 1)
      peer.placed.add(link)
      this.#places.set(link, { nodeId, kind })
    } else if (mayBeBeyond) {
      peer.beyond = link
      this.#places.set(link, { nodeId, kind: 'beyond' })
    } else {
      return fault
    }
    this.#peers.set(nodeId, peer)
    for (const each of replaced) this.#links.onReplaced(each)
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
    } else {
      this.#count(place.kind, link, -1)
      if (beyond !== undefined && heir !== undefined) {
        peer.beyond = undefined
        peer.placed.add(beyond)
        heir.kind = place.kind
        this.#count(place.kind, beyond, 1)
      }
    }
    if (peer.placed.size === 0) this.#peers.delete(place.nodeId)
  }

  /**
   * Takes the place of a link through routers for another one, and returns the links of its peer that lose theirs; none:
   * there is none to take.
   */
  #replaceOne(kind: Kind): TLink[] {
    if (typeof kind === 'string') return []
    const links = this.#relayed.toReplace(kind)
    const link = links.find((each) => this.#links.isIdle(each)) ?? links[0]
    const place = link === undefined ? undefined : this.#places.get(link)
    if (link === undefined || place === undefined) return []
    const beyond = this.#peers.get(place.nodeId)?.beyond
    const replaced = beyond === undefined ? [link] : [beyond, link]
    for (const each of replaced) this.release(each)
    return replaced
  }

  #faultOf(kind: Kind): string | undefined {
    if (this.#dialed + this.#accepted >= this.#maxLinks)
      return `this node has the most links that it may have, ${this.#maxLinks}`
    if (kind === 'dialed') return undefined
    if (this.#accepted >= this.#maxAccepted)
      return `this node has the most links that others may make to it, ${this.#maxAccepted}`
    if (kind !== 'accepted' && this.#relayed.total >= this.#maxRelayed)
      return `this node has the most links that others may make to it through routers, ${this.#maxRelayed}`
    return undefined
  }

  #count(kind: Kind, link: TLink, change: 1 | -1): void {
    if (kind === 'dialed') {
      this.#dialed += change
      return
    }
    this.#accepted += change
    if (kind === 'accepted') return
    if (change === 1) this.#relayed.add(kind, link)
    else this.#relayed.delete(kind, link)
  }
}

function kindOf({ nodeId, role, path }: PlacedLink): Kind {
  if (role === 'dialer') return 'dialed'
  return path.kind === 'direct' ? 'accepted' : originOf(path, nodeId)
}
