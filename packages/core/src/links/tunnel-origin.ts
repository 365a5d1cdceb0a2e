import { formatNodeId, type NodeId } from '@astranet/interface'
import type { LinkPath } from './link-path.js'

/**
 * Through whom a link comes that another node has made through routers. A path's nodes are no more than the word of the
 * node behind them: this node has seen the router, and the router its neighbour. Whatever stands behind that neighbour
 * may not exist, and neither may the source, whose key costs nothing.
 */
export interface TunnelOrigin {
  /** The router next to this node, or the source if that is itself a neighbour. */
  readonly router: NodeId
  /** The neighbour of that router: the source, unless there are other routers between them. */
  readonly neighbour: NodeId
}

export function originOf({ via }: LinkPath, source: NodeId): TunnelOrigin {
  const [router = source, neighbour = source] = via
  return { router, neighbour }
}

/**
 * As what an accepted link through routers counts in the doorway. The source alone would not do: a member could name an
 * honest node as the source of many, and this node would then refuse that node.
 */
export function slotAddressOf(path: LinkPath, source: NodeId): string {
  const { router, neighbour } = originOf(path, source)
  return `tunnel:${[router, neighbour, source].map((nodeId) => formatNodeId(nodeId)).join('/')}`
}
