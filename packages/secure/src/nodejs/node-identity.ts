import { createHash, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { formatPrivateKey, parsePrivateKey } from '../io/identity-text.js'
import { KEY_BYTES } from '../proto/crypto.js'
import type { Identity } from '../proto/identity.js'
import { nodeIdInput, nodeIdOfHash } from '../proto/node-id.js'
import { exportPublicKey } from './keys.js'

/** A new identity, of a random key. */
export async function generateIdentity(): Promise<Identity> {
  return generateIdentitySync()
}

/** A new identity, of a random key: some 0.1 ms. */
export function generateIdentitySync(): Identity {
  return identityOf(generatePrivateKey())
}

/**
 * The identity whose text form `Identity.export` gave, or OpenSSL wrote. Rejects with `ASTRA_ERR_SECURE_IDENTITY`,
 * which calls the text `name`, unless it is a plain Ed25519 key in PKCS#8 and PEM.
 */
export async function importIdentity(text: string, name = 'The text'): Promise<Identity> {
  return importIdentitySync(text, name)
}

/** {@link importIdentity}, which throws instead. */
export function importIdentitySync(text: string, name: string): Identity {
  return identityOf(Buffer.from(parsePrivateKey(text, name)))
}

/** A new identity, and its text form. */
export function generateWithText(): { identity: Identity; text: string } {
  const pkcs8 = generatePrivateKey()
  return { identity: identityOf(pkcs8), text: formatPrivateKey(pkcs8.subarray(-KEY_BYTES)) }
}

/** A random private key in PKCS#8. Never as a `KeyObject`: see {@link exportPublicKey}. */
function generatePrivateKey(): Buffer {
  const { privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { format: 'der', type: 'spki' },
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
  })
  return privateKey
}

function identityOf(pkcs8: Buffer): Identity {
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  const publicKey = exportPublicKey(privateKey)
  return {
    publicKey,
    nodeId: nodeIdOfHash(createHash('sha256').update(nodeIdInput(publicKey)).digest()),
    sign: async (message) => sign(null, message, privateKey),
    signNow: (message) => sign(null, message, privateKey),
    export: async () =>
      formatPrivateKey(Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url')),
  }
}
