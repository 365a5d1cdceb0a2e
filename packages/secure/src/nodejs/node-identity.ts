import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { formatPrivateKey, parsePrivateKey } from '../io/identity-text.js'
import type { Identity } from '../proto/identity.js'
import { nodeIdOfKey } from '../proto/node-id.js'
import { exportPublicKey } from './keys.js'
import { nodeCrypto } from './node-crypto.js'

/** A new identity, of a random key. */
export async function generateIdentity(): Promise<Identity> {
  const { privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { format: 'der', type: 'spki' },
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
  })
  return identityOf(privateKey)
}

/**
 * The identity whose text form `Identity.export` gave, or OpenSSL wrote. Rejects with `ASTRA_ERR_SECURE_IDENTITY`,
 * which calls the text `name`, unless it is a plain Ed25519 key in PKCS#8 and PEM.
 */
export async function importIdentity(text: string, name = 'The text'): Promise<Identity> {
  return identityOf(Buffer.from(parsePrivateKey(text, name)))
}

async function identityOf(pkcs8: Buffer): Promise<Identity> {
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  const publicKey = exportPublicKey(privateKey)
  return {
    publicKey,
    nodeId: await nodeIdOfKey(publicKey, (bytes) => nodeCrypto.crypto.hash(bytes)),
    sign: async (message) => sign(null, message, privateKey),
    export: async () =>
      formatPrivateKey(Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url')),
  }
}
