import { formatNodeId, type NodeId } from '@astranet/interface'

/** For whom a tunnel counts at a router, and whose turns and rate its bytes take. */
export interface Account {
  /** The same for all tunnels that count together. */
  readonly key: NodeId | string
  /** The neighbour whose link the tunnel came in on: the only one that has proved who it is. */
  readonly neighbour: NodeId
  /** Whether that neighbour is a router that vouches for the node; otherwise it is the node itself. */
  readonly isVouchedFor: boolean
}

/**
 * The account of the node at one end of a tunnel, at a router whose neighbour on that side is `neighbour`. A path says
 * what a router put there, and any member may be a router: so a node that is no neighbour counts apart for each router
 * that names it. Otherwise a member could use up what is left for another one.
 */
export function accountOf(node: NodeId, neighbour: NodeId): Account {
  if (node === neighbour) return { key: node, neighbour, isVouchedFor: false }
  const key = `${formatNodeId(node)} through ${formatNodeId(neighbour)}`
  return { key, neighbour, isVouchedFor: true }
}
