import { grantPsk, KEY_BYTES, type Crypto } from '@astranet/secure/proto'
import { bytesOf, throwFault } from '../fault.js'
import { grantIdFault } from './grant-terms.js'

const pskRule = bytesOf(KEY_BYTES)

/** `grantPsk`, with the cryptography of a platform. */
export async function grantPskBy(crypto: Crypto, psk: Uint8Array, id: Uint8Array): Promise<Uint8Array> {
  throwFault(pskRule('psk', psk) ?? grantIdFault('id', id))
  return grantPsk(crypto, psk, id)
}
