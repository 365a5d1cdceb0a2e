import type { Link } from '@astranet/link'
import { isPublicHost, isPrivateHost, parseEnd, type End, type Observation } from '@astranet/relay'
import type { LinkRecord } from './link-record.js'
import { roleOf } from './roles.js'

/** @internal How this node is seen by its routers, and where they are. */
export interface RouterViews {
  readonly observations: readonly Observation[]
  readonly relays: readonly End[]
}

/**
 * @internal What the links to routers show. Only of links that this node dialed do both ends know a port that leads
 * through a NAT; what a router on this machine sees says nothing.
 */
export function routerViews(
  links: Iterable<Link>,
  recordOf: (link: Link) => Pick<LinkRecord, 'network' | 'localAddress' | 'remoteAddress'> | undefined,
): RouterViews {
  const observations: Observation[] = []
  const relays: End[] = []
  for (const link of links) {
    const { peer } = link
    const record = recordOf(link)
    if (peer === undefined || record === undefined || roleOf(peer) !== 'router') continue
    const relay = parseEnd(record.remoteAddress)
    if (relay !== undefined) relays.push(relay)
    const [local, seen] = [parseEnd(record.localAddress), parseEnd(peer.observedAddress ?? '')]
    // Only over TCP is the port one that other sockets can share.
    if (!record.network.startsWith('tcp') || local === undefined || seen === undefined) continue
    if (isPublicHost(seen.host) || isPrivateHost(seen.host)) observations.push({ local, seen })
  }
  return { observations, relays }
}
