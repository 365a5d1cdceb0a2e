import { CloseCode, linkError, protocolError, type LinkError } from './error-codes.js'
import type { Preamble } from './preamble.js'

/** The role of a side in QMux. */
export type SessionRole = 'client' | 'server'

/**
 * Decides from both preambles which side is the QMux client and the initiator of the handshake; the two sides always
 * get opposite answers (spec section 3.3).
 *
 * | own \\ peer | dialer | acceptor | either |
 * | --- | --- | --- | --- |
 * | dialer | error | client | client |
 * | acceptor | server | error | server |
 * | either | server | client | the lower nonce is client |
 *
 * Equal nonces mean that a side reads what it wrote: `ASTRA_ERR_LINK_SELF`. Two dialers or two acceptors:
 * `ASTRA_ERR_LINK_PROTOCOL`.
 */
export function negotiateRole(own: Preamble, peer: Preamble): SessionRole | LinkError {
  const order = compareBytes(own.nonce, peer.nonce)
  if (order === 0)
    return linkError(CloseCode.SELF, 'the connection leads back to this node: both ends have one nonce')
  if (own.role === 'either' && peer.role === 'either') return order < 0 ? 'client' : 'server'
  if (own.role === peer.role) {
    const did = own.role === 'acceptor' ? 'accepted' : 'dialed'
    return protocolError(
      `${did} this connection, and so did this node: one side has to dial and one to accept`,
    )
  }
  return own.role === 'dialer' || peer.role === 'acceptor' ? 'client' : 'server'
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  for (let index = 0; index < left.length; index++) {
    const difference = (left[index] as number) - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
