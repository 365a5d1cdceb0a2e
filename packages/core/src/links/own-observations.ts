import type { NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'
import {
  isLoopbackHost,
  isPublicHost,
  isPrivateHost,
  parseEnd,
  type End,
  type RouterView,
} from '@astranet/relay'
import type { LinkRecord } from './link-record.js'
import { roleOf } from './roles.js'

/** Networks that do not leave the machine. */
const LOCAL_NETWORKS: readonly string[] = ['unix', 'memory']

/** @internal How this node is seen by its routers, and where they are. */
export interface RouterViews {
  readonly observations: readonly RouterView[]
  readonly relays: readonly End[]
  /** Whether a router on another machine sees this node. */
  readonly isSeen: boolean
}

/**
 * @internal What the links to routers show. Only of links that this node dialed do both ends know a port that leads
 * through a NAT; what a router on this machine sees says nothing. Of other links they at least show that
 * there is a way to this machine. `hasJoined`: whether a join of the program keeps a link to that node.
 */
export function routerViews(
  links: Iterable<Link>,
  recordOf: (
    link: Link,
  ) => Pick<LinkRecord, 'network' | 'localAddress' | 'remoteAddress' | 'isJoined'> | undefined,
  hasJoined: (nodeId: NodeId) => boolean,
): RouterViews {
  const observations: RouterView[] = []
  const relays: End[] = []
  let isSeen = false
  for (const link of links) {
    const { peer } = link
    const record = recordOf(link)
    if (peer === undefined || record === undefined || roleOf(peer) !== 'router') continue
    const relay = parseEnd(record.remoteAddress)
    if (relay !== undefined) relays.push(relay)
    const [local, seen] = [parseEnd(record.localAddress), parseEnd(peer.observedAddress ?? '')]
    if (seen === undefined || !(isPublicHost(seen.host) || isPrivateHost(seen.host))) continue
    isSeen = true
    // Only over TCP is the port one that other sockets can share.
    if (local === undefined || !record.network.startsWith('tcp')) continue
    observations.push({ local, seen, isJoined: record.isJoined || hasJoined(peer.nodeId) })
  }
  return { observations, relays, isSeen }
}

/**
 * @internal Whether this node has dialed a router on its own machine. A link that the router dialed does not count: it
 * may come through a proxy on this machine.
 */
export function hasLocalRouter(
  links: Iterable<readonly [NodeId, Link]>,
  recordOf: (link: Link) => Pick<LinkRecord, 'role' | 'network' | 'remoteAddress'> | undefined,
): boolean {
  for (const [, link] of links) {
    const record = recordOf(link)
    if (record?.role !== 'dialer' || link.peer === undefined || roleOf(link.peer) !== 'router') continue
    if (isOnThisMachine(record)) return true
  }
  return false
}

/** @internal Whether a link that this node dialed leads to its own machine. */
export function isOnThisMachine({
  role,
  network,
  remoteAddress,
}: Pick<LinkRecord, 'role' | 'network' | 'remoteAddress'>): boolean {
  if (role !== 'dialer') return false
  if (LOCAL_NETWORKS.includes(network)) return true
  // Over WebSocket a path may follow the port.
  const end = parseEnd(remoteAddress.replace(/\/.*/, ''))
  return end !== undefined && isLoopbackHost(end.host)
}
