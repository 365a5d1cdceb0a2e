import {
  formatNodeId,
  type LinkInspection,
  type NodeId,
  type NodeInspection,
  type Route,
  type ServiceInstance,
  type TunnelInspection,
} from '@astranet/core'
import type { RelaySnapshot } from '../node/relay.js'
import { VERSION } from '../version.js'

/** How many entries each list of `/status` has by default. */
export const DEFAULT_LIST_ENTRIES = 1_000

/** The most entries of a list that can be asked for. */
export const MAX_LIST_ENTRIES = 100_000

/** What is asked of the status. */
export interface StatusQuery {
  /** How many entries each list has at most, 0 to {@link MAX_LIST_ENTRIES}. */
  readonly limit: number
  /** When the program started, and what time it is, in ms since 1970. */
  readonly startedAtMs: number
  readonly nowMs: number
}

/** The answer to `/status`, as plain data for JSON. Node ids are texts. Its keys stay from version to version. */
export function statusOf(snapshot: RelaySnapshot, { limit, startedAtMs, nowMs }: StatusQuery): object {
  const { state, node, listeners, joins } = snapshot
  const first = <T, R>(list: readonly T[], view: (each: T) => R): R[] => list.slice(0, limit).map(view)
  return {
    relay: {
      nodeId: formatNodeId(node.nodeId),
      version: VERSION,
      state,
      startedAt: new Date(startedAtMs).toISOString(),
      uptimeSeconds: Math.round((nowMs - startedAtMs) / 1_000),
      listeners,
    },
    counts: {
      nodes: node.routes.length,
      links: node.links.length,
      linksOpened: node.linkCounts.opened,
      services: node.services.length,
      tunnels: node.forwarding.tunnels,
      refusedConnections: Object.values(node.linkCounts.refused).reduce((sum, each) => sum + each, 0),
    },
    bytes: { sent: node.traffic.sentBytes, received: node.traffic.receivedBytes },
    joins: joins.map(({ address, nodeId, lastError }) => ({
      address,
      nodeId: nodeId === undefined ? null : formatNodeId(nodeId),
      isLinked: node.links.some((link) => link.nodeId === nodeId),
      lastError: lastError ?? null,
    })),
    nodes: first(node.routes, nodeView),
    links: first(node.links, linkView),
    services: first(node.services, serviceView),
    tunnels: first(node.tunnels, tunnelView),
    forwarding: forwardingView(node),
    catalogue: catalogueView(node),
  }
}

function nodeView({ nodeId, distance, via, cost }: Route): object {
  return { nodeId: formatNodeId(nodeId), distance, via: via.map(idText), rttMs: rounded(cost) }
}

function linkView(link: LinkInspection): object {
  const { nodeId, remoteAddress, isDialedHere, isPreferred, role, security, rttMs } = link
  const { openStreams, sentBytes, receivedBytes } = link
  const path = { kind: link.path.kind, via: link.path.via.map(idText) }
  return {
    ...{ nodeId: formatNodeId(nodeId), role, remoteAddress, path, isDialedHere, isPreferred, security },
    ...{ rttMs: rounded(rttMs), openStreams, bytes: { sent: sentBytes, received: receivedBytes } },
  }
}

function serviceView(service: ServiceInstance): object {
  const { name, environment, nodeId, port, tags, weight, zone, version, health } = service
  return { name, environment, nodeId: formatNodeId(nodeId), port, tags, weight, zone, version, health }
}

function tunnelView({ from, to, heldBytes, sentBytes, receivedBytes }: TunnelInspection): object {
  const bytes = { sent: sentBytes, received: receivedBytes, held: heldBytes }
  return { from: formatNodeId(from), to: formatNodeId(to), bytes }
}

/** What is forwarded for others, in all. */
function forwardingView({ forwarding }: NodeInspection): object {
  const { opening, opened, lost, refused, heldBytes, forwardedBytes } = forwarding
  return { opening, opened, lost, refused, bytes: { held: heldBytes, forwarded: forwardedBytes } }
}

function catalogueView({ registry }: NodeInspection): object {
  const { logs, entries, heldBytes, reachable, refused, verifications } = registry
  return { logs, entries, heldBytes, reachable, refused, verifications }
}

function idText(nodeId: NodeId): string {
  return formatNodeId(nodeId)
}

/** A time in ms to the microsecond; `null` before it was measured. */
function rounded(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.round(ms * 1_000) / 1_000
}
