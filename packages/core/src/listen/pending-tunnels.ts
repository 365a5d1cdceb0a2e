import type { NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'

/** How many tunnels over one link may wait to become links. */
export const MAX_PENDING_PER_LINK = 64

/** The neighbour of the router stands there in a path, counted from its end: before the router and this node. */
const NEIGHBOUR_OF_ROUTER = 3

/** @internal A tunnel that ends at this node and is no link yet. */
export interface PendingTunnel {
  /** All nodes, from the source to this node. */
  readonly path: readonly NodeId[]
  /** It has lost its place. Called once, from inside `PendingTunnels.add`. May not throw. */
  cut(): void
}

/**
 * The tunnels that wait to become links, of each link over which they come. Where there are too many, the group with the
 * most of them loses its oldest one. So a member that opens many tunnels and never begins a handshake takes the places
 * of its own, and not those of others behind the same router.
 *
 * A path's nodes are no more than the word of the node behind them: a router has seen its own neighbour, and any member
 * may be a router and name sources that do not exist. So the groups are first the neighbours of the router, then, in the
 * largest of these, the nodes that this neighbour names, and so on to the source.
 */
export class PendingTunnels {
  /** In the order in which they came. */
  readonly #tunnels = new WeakMap<Link, Set<PendingTunnel>>()

  /** Takes a place. The tunnel, or another one, may lose its place within the call. */
  add(link: Link, tunnel: PendingTunnel): void {
    const ofLink = this.#tunnels.get(link) ?? new Set()
    this.#tunnels.set(link, ofLink.add(tunnel))
    if (ofLink.size <= MAX_PENDING_PER_LINK) return
    const [oldest] = largestGroup([...ofLink])
    if (oldest === undefined) return
    ofLink.delete(oldest)
    oldest.cut()
  }

  /** The tunnel has become a link, or has ended. Idempotent. */
  delete(link: Link, tunnel: PendingTunnel): void {
    this.#tunnels.get(link)?.delete(tunnel)
  }
}

/** The tunnels of the group that has the most of them, in their order. Of equal groups that with the oldest tunnel. */
function largestGroup(tunnels: readonly PendingTunnel[]): readonly PendingTunnel[] {
  let group = tunnels
  for (let place = NEIGHBOUR_OF_ROUTER; group.some(({ path }) => path.length >= place); place++) {
    const groups = groupedBy(group, ({ path }) => path.at(-place))
    group = groups.reduce((largest, each) => (each.length > largest.length ? each : largest))
  }
  return group
}

/** The groups, in the order of their first tunnels. */
function groupedBy(
  tunnels: readonly PendingTunnel[],
  keyOf: (tunnel: PendingTunnel) => NodeId | undefined,
): PendingTunnel[][] {
  const groups = new Map<NodeId | undefined, PendingTunnel[]>()
  for (const tunnel of tunnels) {
    const key = keyOf(tunnel)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [tunnel])
    else group.push(tunnel)
  }
  return [...groups.values()]
}
