import { checkOptions, type OptionNames } from '@astranet/interface/check'
import { formatPrivateKey, parsePrivateKey } from '../io/identity-text.js'
import { KEY_BYTES } from '../proto/crypto.js'
import { secureError } from '../proto/errors.js'
import type { Identity } from '../proto/identity.js'
import { nodeIdOfKey } from '../proto/node-id.js'
import { explained, subtle, type SubtleKey, type SubtleKeyPair } from './subtle.js'
import { webCrypto } from './web-crypto.js'

/** What a browser's identity is made with. */
export interface WebIdentityOptions {
  /** Whether `Identity.export` gives the private key. Default `false`: no script of the page can take it away. */
  readonly isExtractable?: boolean
}

const NAMES: OptionNames<WebIdentityOptions> = { isExtractable: true }

/** A new identity, of a random key. Rejects with a `TypeError` that names an option that is not known. */
export async function generateIdentity(options: WebIdentityOptions = {}): Promise<Identity> {
  const { isExtractable = false } = checkOptions('options', options, NAMES)
  try {
    return await identityFromKeys(await subtle().generateKey('Ed25519', isExtractable, ['sign', 'verify']))
  } catch (error) {
    throw explained(error)
  }
}

/**
 * The identity whose text form `Identity.export` gave, or OpenSSL wrote. Rejects with `ASTRA_ERR_SECURE_IDENTITY`,
 * which calls the text `name`, unless it is a plain Ed25519 key in PKCS#8 and PEM.
 */
export async function importIdentity(text: string, name = 'The text'): Promise<Identity> {
  const pkcs8 = parsePrivateKey(text, name)
  try {
    const privateKey = await subtle().importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign'])
    const { x = '' } = await subtle().exportKey('jwk', privateKey)
    return await makeIdentity(fromBase64url(x), privateKey)
  } catch (error) {
    throw explained(error)
  }
}

/**
 * The identity of a `CryptoKeyPair` of Ed25519, for example one that IndexedDB has kept, where keys that are not
 * extractable can be stored as they are.
 */
export async function identityFromKeys({ publicKey, privateKey }: SubtleKeyPair): Promise<Identity> {
  return makeIdentity(new Uint8Array(await subtle().exportKey('raw', publicKey)), privateKey)
}

async function makeIdentity(publicKey: Uint8Array, privateKey: SubtleKey): Promise<Identity> {
  return {
    publicKey,
    nodeId: await nodeIdOfKey(publicKey, (bytes) => webCrypto.crypto.hash(bytes)),
    sign: async (message) => new Uint8Array(await subtle().sign('Ed25519', privateKey, message)),
    export: () => exportKey(privateKey),
  }
}

async function exportKey(privateKey: SubtleKey): Promise<string> {
  if (!privateKey.extractable)
    throw secureError(
      'ASTRA_ERR_SECURE_IDENTITY',
      'This identity cannot be exported: its key is not extractable.',
    )
  const pkcs8 = new Uint8Array(await subtle().exportKey('pkcs8', privateKey))
  return formatPrivateKey(pkcs8.subarray(pkcs8.length - KEY_BYTES))
}

function fromBase64url(text: string): Uint8Array {
  const base64 = text.replaceAll('-', '+').replaceAll('_', '/')
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}
