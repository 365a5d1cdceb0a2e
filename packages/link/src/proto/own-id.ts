import { formatNodeId, type NodeId } from '@astranet/interface'
import { CloseCode, linkError, type LinkError } from './error-codes.js'

/** What tells a node from others, and from its earlier starts. */
export interface OwnId {
  readonly nodeId: NodeId
  readonly life: number | undefined
}

/**
 * The error of a peer that has proved this node's own id: it is this node (`ASTRA_ERR_LINK_SELF`), or, when its life is
 * another one, another node with the same id (`ASTRA_ERR_LINK_CONFLICT`). `undefined`: it has another id.
 */
export function ownIdError(own: OwnId, peer: OwnId): LinkError | undefined {
  if (own.nodeId !== peer.nodeId) return undefined
  const isKnown = own.life !== undefined && peer.life !== undefined
  if (isKnown && own.life !== peer.life) {
    const message = `two nodes have the id ${formatNodeId(own.nodeId)}: the one at the other end is not this one`
    return linkError(CloseCode.CONFLICT, message)
  }
  return linkError(CloseCode.SELF, 'the connection leads back to the node itself')
}
