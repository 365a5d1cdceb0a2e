import type { NodeId } from '@astranet/interface'
import type { Link, PipeProtection } from '@astranet/link'
import type { CatalogueRole, RegistryInspection, ServiceInstance } from '@astranet/registry'
import type { ForwarderInspection, PunchInspection, TunnelInspection } from '@astranet/relay'
import type { JoinInspection } from '../links/join-inspection.js'
import { trafficOf, type LinkReports, type Traffic } from '../links/link-reports.js'
import type { LinkTable } from '../links/link-table.js'
import type { LinkPath } from '../links/link-path.js'
import { roleOf } from '../links/roles.js'
import type { AddressInspection } from '../links/ways/address-way.js'

/** One open link of a node, as plain data. */
export interface LinkInspection extends Traffic {
  /** The node at the other end. */
  readonly nodeId: NodeId
  readonly remoteAddress: string
  /** Whether this node has dialed it. */
  readonly isDialedHere: boolean
  readonly path: LinkPath
  /** Whether new streams go over it. */
  readonly isPreferred: boolean
  /** What the other node does for the network, as it says. */
  readonly role: CatalogueRole
  readonly incarnation: number
  readonly security: PipeProtection
  /** The round trip in ms, as it was measured last; `undefined` before. */
  readonly rttMs: number | undefined
  /** Streams that are open, those of the link itself among them. */
  readonly openStreams: number
}

/** What a node knows and does at a moment, as plain data. The numbers may change their meaning from version to version. */
export interface NodeInspection {
  readonly nodeId: NodeId
  /** The part of the network's catalogue that the node holds, and the exchange with its neighbours. */
  readonly registry: RegistryInspection
  readonly links: readonly LinkInspection[]
  /**
   * Bytes of all links that this node has had, those of the open ones included. The bytes of links through routers are
   * counted once, on the link to the router.
   */
  readonly traffic: Traffic
  /** The services of all environments that are visible now, those included that the policy does not let be offered. */
  readonly services: readonly ServiceInstance[]
  /** What it forwards for others. */
  readonly forwarding: ForwarderInspection
  /** What became of the addresses that other nodes advertise. */
  readonly advertised: AddressInspection
  /** How it tried to reach other nodes without routers. */
  readonly punching: PunchInspection
  /** The tunnels that it forwards. */
  readonly tunnels: readonly TunnelInspection[]
  /** The joins that are not over, those that the environment variables ask for among them. */
  readonly joins: readonly JoinInspection[]
}

/** @internal The open links of a node. */
export function inspectLinks(
  table: LinkTable,
  linkTo: (nodeId: NodeId) => Link | undefined,
): LinkInspection[] {
  const links: LinkInspection[] = []
  for (const [link, { nodeId, remoteAddress, path, security }] of table.admitted()) {
    const { peer, session } = link
    if (!link.isOpen || peer === undefined) continue
    links.push({
      ...{ nodeId, remoteAddress, path, security },
      isDialedHere: link.facts.isDialedHere,
      isPreferred: linkTo(nodeId) === link,
      role: roleOf(peer),
      incarnation: peer.incarnation,
      rttMs: session?.rttMs,
      openStreams: session?.openStreams ?? 0,
      ...trafficOf(link),
    })
  }
  return links
}

/** @internal The bytes of all links, by those that are open and those that have closed. */
export function inspectTraffic(table: LinkTable, { closed }: LinkReports): Traffic {
  let { sentBytes, receivedBytes } = closed
  for (const [link, { path }] of table.admitted()) {
    if (path.kind !== 'direct') continue
    const traffic = trafficOf(link)
    sentBytes += traffic.sentBytes
    receivedBytes += traffic.receivedBytes
  }
  return { sentBytes, receivedBytes }
}
