import { concatBytes } from '@astranet/interface'
import type { Crypto } from '@astranet/secure/proto'

/** `astranet grant psk 1` in ASCII. */
const LABEL = Uint8Array.from('astranet grant psk 1', (character) => character.charCodeAt(0))

/** The secret of a grant, which whoever has the network's can compute from the grant's id (spec section 4.1). */
export function grantPsk(
  crypto: Pick<Crypto, 'hmac'>,
  networkPsk: Uint8Array,
  grantId: Uint8Array,
): Promise<Uint8Array> {
  return crypto.hmac(networkPsk, concatBytes([LABEL, grantId]))
}
