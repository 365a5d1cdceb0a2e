import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { formatPrivateKey, parsePrivateKey } from '../io/identity-text.js'
import type { Identity } from '../proto/identity.js'
import { nodeIdOfKey } from '../proto/node-id.js'
import { exportPublicKey } from './keys.js'
import { nodeCrypto } from './node-crypto.js'

/** A new identity, of a random key. */
export async function generateIdentity(): Promise<Identity> {
  return identityOf(generateKeyPairSync('ed25519').privateKey)
}

/**
 * The identity whose text form `Identity.export` gave, or OpenSSL wrote. Rejects with `ASTRA_ERR_SECURE_IDENTITY`, which
 * calls the text `name`, unless it is a plain Ed25519 key in PKCS#8 and PEM.
 */
export async function importIdentity(text: string, name = 'The text'): Promise<Identity> {
  const key = Buffer.from(parsePrivateKey(text, name))
  return identityOf(createPrivateKey({ key, format: 'der', type: 'pkcs8' }))
}

async function identityOf(privateKey: KeyObject): Promise<Identity> {
  const publicKey = exportPublicKey(privateKey)
  return {
    publicKey,
    nodeId: await nodeIdOfKey(publicKey, (bytes) => nodeCrypto.crypto.hash(bytes)),
    sign: async (message) => sign(null, message, privateKey),
    export: async () =>
      formatPrivateKey(Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url')),
  }
}
