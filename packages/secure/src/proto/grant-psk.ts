import { concatBytes } from '@astranet/interface'
import { asciiBytes } from '@astranet/interface/bytes'
import type { Crypto } from './crypto.js'

const LABEL = asciiBytes('astranet grant psk 1')

/**
 * The 32 bytes that stand for the network's secret in the handshake of a grant's holder (spec/ticket.md, section 2). A
 * node that has the network's derives them from the grant's id, 16 bytes; the network's cannot be derived from them.
 */
export function grantPsk(
  crypto: Pick<Crypto, 'hmac'>,
  networkPsk: Uint8Array,
  grantId: Uint8Array,
): Promise<Uint8Array> {
  return crypto.hmac(networkPsk, concatBytes([LABEL, grantId]))
}
