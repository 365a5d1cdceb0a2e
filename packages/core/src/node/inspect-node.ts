import type { NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'
import { trafficOf, type LinkReports, type Traffic } from '../links/link-reports.js'
import type { LinkTable } from '../links/link-table.js'
import { roleOf } from '../links/roles.js'
import type { ListenerInspection, LinkInspection, MemoryInspection, NodeInspection } from './inspection.js'
import type { NodeOptions } from './node-options.js'
import type { NodeParts } from './node-parts.js'

/** What the parts of a node know and do now; see `AstraNet.inspect`. */
export function inspectNode<TSocket, TListener>(
  options: NodeOptions,
  parts: NodeParts<TSocket, TListener>,
): NodeInspection {
  const { neighbours, links, addressWay, forwarder, punching, catalogue, endpoints } = parts
  const { table, linkReports, held } = neighbours
  const [registry, forwarding] = [catalogue.inspect(), forwarder.inspect()]
  const open = inspectLinks(table, links.linkTo.bind(links))
  const ofLinks = open.reduce((sum, { openStreams }) => sum + openStreams, 0)
  return {
    nodeId: options.identity.nodeId,
    registry,
    links: open,
    traffic: inspectTraffic(table, linkReports),
    services: catalogue.services(),
    routes: parts.routes.routes(),
    forwarding,
    advertised: addressWay.inspect(),
    punching: punching.inspect(),
    tunnels: forwarder.inspectTunnels(),
    linkCounts: { ...linkReports.counts, refused: endpoints.refusals },
    endpoints: Array.from(endpoints.open, ({ network, address }) => ({ network, address })),
    listeners: inspectListeners(parts),
    streams: {
      open: ofLinks + parts.loopback.openStreams,
      waiting: held.total,
      maxWaiting: options.maxPendingStreams,
    },
    memory: inspectMemory(options, { registry, forwarding }),
    dials: parts.dials.inspect(),
    arrivals: parts.arrivals.counts,
    joins: neighbours.joins.inspect(),
  }
}

function inspectListeners({ ports }: Pick<NodeParts<unknown, unknown>, 'ports'>): ListenerInspection[] {
  return Array.from(ports.all(), ({ binding, waiting, sockets }) => {
    const { port, service, environment, backlog } = binding
    return { port, service, environment, waiting, backlog, sockets }
  })
}

function inspectMemory(
  { sessionLimits: { memoryBudget } }: NodeOptions,
  { registry, forwarding }: Pick<NodeInspection, 'registry' | 'forwarding'>,
): MemoryInspection {
  return {
    receiveBytes: memoryBudget?.reservedBytes ?? 0,
    maxReceiveBytes: memoryBudget?.limitBytes ?? 0,
    catalogueBytes: registry.heldBytes,
    tunnelBytes: forwarding.heldBytes,
  }
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
