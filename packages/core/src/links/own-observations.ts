import type { Link } from '@astranet/link'
import { isPublicHost, isPrivateHost, parseEnd, type End, type Observation } from '@astranet/relay'
import type { LinkRecord } from './link-record.js'
import { roleOf } from './roles.js'

/** @internal How this node is seen by its routers, and where they are. */
export interface RouterViews {
  readonly observations: readonly Observation[]
  readonly relays: readonly End[]
  /** Whether a router on another machine sees this node. */
  readonly isSeen: boolean
}

/**
 * @internal What the links to routers show. Only of links that this node dialed do both ends know a port that leads
 * through a NAT; what a router on this machine sees says nothing. Of other links they at least show that
 * there is a way to this machine.
 */
export function routerViews(
  links: Iterable<Link>,
  recordOf: (link: Link) => Pick<LinkRecord, 'network' | 'localAddress' | 'remoteAddress'> | undefined,
): RouterViews {
  const observations: Observation[] = []
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
    if (local !== undefined && record.network.startsWith('tcp')) observations.push({ local, seen })
  }
  return { observations, relays, isSeen }
}
