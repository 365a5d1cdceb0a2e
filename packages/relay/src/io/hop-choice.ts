import { formatNodeId, type NodeId } from '@astranet/interface'
import { RefusalReason, type Link, type TunnelHeader } from '@astranet/link'
import { hopFault, nextHeader, unreachable, type TunnelRefusal } from '../proto/tunnel/hop.js'
import type { NextHop } from './tunnel-request.js'

/** What choosing the next hop needs of the node. */
export interface HopChoiceParts {
  readonly self: NodeId
  /** Whether this node forwards for others now. */
  readonly isRouter: () => boolean
  /** The link to a neighbour, if it takes streams. */
  readonly linkTo: (nodeId: NodeId) => Link | undefined
  /** Whether the node at the other end of the link is a router. */
  readonly isRouterAt: (link: Link) => boolean
  /** The routers on the way to a node that is no neighbour; `undefined`: none is known. */
  readonly routersTo: (nodeId: NodeId) => readonly NodeId[] | undefined
  /** Whether the network has the node. */
  readonly isKnown: (nodeId: NodeId) => boolean
  /**
   * Why nothing may be forwarded from one node to the other, both of which have a link to this node; `undefined` if it
   * may. Asked for the neighbours on the path, and for its ends as far as they are neighbours.
   */
  readonly forwardRefusal: (from: Link, to: Link) => string | undefined
}

/** Where a tunnel that arrived on `link` goes on, or why it is not forwarded. */
export function chooseHop(
  parts: HopChoiceParts,
  { peer, link, header }: { readonly peer: NodeId; readonly link: Link; readonly header: TunnelHeader },
): NextHop | TunnelRefusal {
  const { self, isRouter, isRouterAt, linkTo, isKnown } = parts
  if (!isRouter()) return NO_ROUTER
  const fault = hopFault(header, { self, peer })
  if (fault !== undefined) return fault
  const { path, position } = header
  if (position > 1 && !isRouterAt(link)) return noRouter(peer)
  const wanted = path[position + 1] as NodeId
  const detour = detourTo(parts, header)
  const nextId = detour[0] ?? wanted
  const next = linkTo(nextId)
  const further = nextHeader(header, detour)
  if (next === undefined || further === undefined) return unreachable(wanted, isKnown(wanted))
  if (nextId !== path.at(-1) && !isRouterAt(next)) return noRouter(nextId)
  const text = forwardFault(parts, {
    near: link,
    far: next,
    source: path[0] as NodeId,
    end: path.at(-1) as NodeId,
  })
  return text === undefined ? { link: next, header: further } : { reason: RefusalReason.FORBIDDEN, text }
}

/** A tunnel as the policy sees it. */
export interface ForwardedPath {
  /** The links that it joins. */
  readonly near: Link
  readonly far: Link
  /** The nodes at its two ends. */
  readonly source: NodeId
  readonly end: NodeId
}

/**
 * Why a tunnel may not be forwarded; `undefined` if it may. A path with another router in it is no way around what may
 * not go from its source to its end.
 */
export function forwardFault(
  { linkTo, forwardRefusal }: Pick<HopChoiceParts, 'linkTo' | 'forwardRefusal'>,
  { near, far, source, end }: ForwardedPath,
): string | undefined {
  const [from, to] = [linkTo(source) ?? near, linkTo(end) ?? far]
  const areNeighbours = from === near && to === far
  return forwardRefusal(near, far) ?? (areNeighbours ? undefined : forwardRefusal(from, to))
}

/**
 * The routers that the first router of a path puts in front of the path's end: a leaf knows its own router only, and a
 * link may have gone since the path was made.
 */
function detourTo(
  { linkTo, routersTo }: HopChoiceParts,
  { path, position }: TunnelHeader,
): readonly NodeId[] {
  const end = path.at(-1) as NodeId
  if (position !== 1 || path.length !== 3 || linkTo(end) !== undefined) return []
  return routersTo(end) ?? []
}

const NO_ROUTER: TunnelRefusal = {
  reason: RefusalReason.NOT_SUPPORTED,
  text: 'this node does not forward for others',
}

function noRouter(nodeId: NodeId): TunnelRefusal {
  return { reason: RefusalReason.UNREACHABLE, text: `node ${formatNodeId(nodeId)} on the path is no router` }
}
