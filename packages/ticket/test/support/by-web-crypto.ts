import { webCrypto } from '@astranet/secure'
import { signGrant } from '../../src/index.js'
import { grantPskBy } from '../../src/proto/grant/grant-psk.js'
import type { GrantTerms } from '../../src/proto/grant/grant-terms.js'
import { issuerCheckBy, type Granter, type IssuerCheck } from '../../src/proto/grant/issuer-check.js'
import { readGrantBy } from '../../src/proto/grant/sign-grant.js'

/** What the package does in browsers: the same by the cryptography that they have. */
export const byWebCrypto = {
  grantPsk: (psk: Uint8Array, id: Uint8Array): Promise<Uint8Array> => grantPskBy(webCrypto.crypto, psk, id),
  signGrant,
  readGrant: (bytes: Uint8Array): Promise<GrantTerms> => readGrantBy(webCrypto.crypto, bytes),
  issuerCheck: (granters: readonly Granter[]): IssuerCheck => issuerCheckBy(webCrypto.crypto, granters),
}
