import { formatNodeId, type NodeId } from '@astranet/interface'
import { MAX_TUNNEL_NODES, RefusalReason, type TunnelHeader } from '@astranet/link'

/** Why a tunnel is not forwarded or taken. */
export interface TunnelRefusal {
  readonly reason: RefusalReason
  readonly text: string
}

/** Who receives a tunnel's header, and from whom. */
export interface HopParties {
  readonly self: NodeId
  /** The node at the other end of the link on which it came. */
  readonly peer: NodeId
}

/**
 * What is wrong with a header at this node: it is not the node at its position, or the node before it is not the peer.
 * A header that was read from the wire has 2 to 18 different nodes, and its position is on the path (`headerFromWire`).
 */
export function hopFault(
  { path, position }: TunnelHeader,
  { self, peer }: HopParties,
): TunnelRefusal | undefined {
  if (path[position] !== self) return invalid(`this node is not at position ${position} of the tunnel's path`)
  if (path[position - 1] !== peer)
    return invalid(`the node before position ${position} of the tunnel's path is not the one that asks`)
  return undefined
}

/** Whether this node is the end of the tunnel. */
export function isLastHop({ path, position }: TunnelHeader): boolean {
  return position === path.length - 1
}

/**
 * The header for the next hop. `detour`: the routers between this node and the next one of the path, where there is no
 * link between the two: a leaf knows only its own router. A secret is not passed on. `undefined`: the path would have
 * too many nodes, or one twice.
 */
export function nextHeader(
  { path, position, pair }: TunnelHeader,
  detour: readonly NodeId[] = [],
): TunnelHeader | undefined {
  const next = [...path.slice(0, position + 1), ...detour, ...path.slice(position + 1)]
  if (next.length > MAX_TUNNEL_NODES || new Set(next).size !== next.length) return undefined
  const { keyId } = pair ?? {}
  const further = { kind: 'tunnel', path: next, position: position + 1 } as const
  return keyId === undefined ? further : { ...further, pair: { keyId } }
}

/** There is no link to the node. */
export function unreachable(nodeId: NodeId, isKnown: boolean): TunnelRefusal {
  const id = formatNodeId(nodeId)
  if (isKnown) return { reason: RefusalReason.UNREACHABLE, text: `this router has no link to node ${id}` }
  return { reason: RefusalReason.NO_SUCH_NODE, text: `node ${id} is not known to this router` }
}

function invalid(text: string): TunnelRefusal {
  return { reason: RefusalReason.INVALID, text }
}
