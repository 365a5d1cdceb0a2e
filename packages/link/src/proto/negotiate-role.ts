import { CloseCode, linkError, protocolError, type LinkError } from './error-codes.js'
import type { Preamble } from './preamble.js'

/** The role of a side in QMux. */
export type SessionRole = 'client' | 'server'

/**
 * Decides from both preambles which side is the QMux client; the two sides always get opposite answers (spec section
 * 3.3).
 *
 * | own \ peer | dialer | acceptor | either |
 * | --- | --- | --- | --- |
 * | dialer | the lower node id is client | client | client |
 * | acceptor | server | error | server |
 * | either | server | client | the lower nonce is client |
 *
 * Equal nonces mean that a side reads what it wrote: `ASTRA_ERR_LINK_SELF`. Equal node ids are not judged before the
 * HELLOs have arrived (`ownIdError`): here two dialers with one id compare their nonces. Two acceptors:
 * `ASTRA_ERR_LINK_PROTOCOL`.
 */
export function negotiateRole(own: Preamble, peer: Preamble): SessionRole | LinkError {
  const order = compareBytes(own.nonce, peer.nonce)
  if (order === 0)
    return linkError(CloseCode.SELF, 'the connection leads back to this node: both ends have one nonce')
  if (own.role === peer.role) {
    if (own.role === 'acceptor')
      return protocolError('accepted this connection, and so did this node: nobody dialed')
    const isById = own.role === 'dialer' && own.nodeId !== peer.nodeId
    const isLower = isById ? own.nodeId < peer.nodeId : order < 0
    return isLower ? 'client' : 'server'
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
