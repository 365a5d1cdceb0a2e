import { formatNodeId } from '@astranet/interface'
import { CloseCode, linkError, type LinkError } from './error-codes.js'
import type { Hello } from './hello.js'

/**
 * The error of a peer whose HELLO has this node's own id: it is this node (`ASTRA_ERR_LINK_SELF`), or, when its life is
 * another one, another node with the same id (`ASTRA_ERR_LINK_CONFLICT`). `undefined`: it has another id.
 */
export function ownIdError(own: Hello, peer: Hello): LinkError | undefined {
  if (own.nodeId !== peer.nodeId) return undefined
  const isKnown = own.life !== undefined && peer.life !== undefined
  if (isKnown && own.life !== peer.life) {
    const message = `two nodes have the id ${formatNodeId(own.nodeId)}: the one at the other end is not this one`
    return linkError(CloseCode.CONFLICT, message)
  }
  return linkError(CloseCode.SELF, 'the connection leads back to the node itself')
}
