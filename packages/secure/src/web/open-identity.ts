import { invalidType } from '@astranet/interface/check'
import { secureError } from '../proto/errors.js'
import type { Identity } from '../proto/identity.js'
import { keptKeys } from './key-store.js'
import { explained, subtle, type SubtleKeyPair } from './subtle.js'
import { identityFromKeys } from './web-identity.js'

/**
 * The identity that this origin keeps under `name` in IndexedDB; when there is none, a new one that is kept there. Its
 * key is not extractable: scripts of the origin can use it, and none can take it away. Pages and workers that open a
 * name at the same time get the same identity. It stays until the user or the browser clears the origin's storage;
 * `navigator.storage.persist()` asks the browser to keep it.
 *
 * Rejects with `ASTRA_ERR_SECURE_UNAVAILABLE` where there is no WebCrypto or no IndexedDB, with
 * `ASTRA_ERR_SECURE_IDENTITY` when something else is kept under the name, which stays, or when IndexedDB fails, whose
 * error is the `cause` then, and with a `TypeError` unless the name is a text.
 */
export async function openIdentity(name = 'default'): Promise<Identity> {
  if (typeof name !== 'string') throw invalidType('name', 'of type string', name)
  subtle()
  const kept = await keptKeys(name, generateKeys).catch((error: unknown) => {
    throw isFailedStorage(error) ? storageFailed(name, error) : error
  })
  if (!isKeyPair(kept)) throw identityError(`What is kept under the name ${name} is no identity.`)
  return await identityFromKeys(kept)
}

async function generateKeys(): Promise<SubtleKeyPair> {
  try {
    return await subtle().generateKey('Ed25519', false, ['sign', 'verify'])
  } catch (error) {
    throw explained(error)
  }
}

function isKeyPair(kept: unknown): kept is SubtleKeyPair {
  const { publicKey, privateKey } = (kept ?? {}) as Partial<CryptoKeyPair>
  return isKey(publicKey, 'verify') && isKey(privateKey, 'sign')
}

function isKey(key: CryptoKey | undefined, use: KeyUsage): boolean {
  return key instanceof CryptoKey && key.algorithm.name === 'Ed25519' && key.usages.includes(use)
}

/** Whether it is an error of IndexedDB: those of this package have codes of their own. */
function isFailedStorage(error: unknown): error is DOMException {
  return error instanceof DOMException
}

function storageFailed(name: string, cause: DOMException): Error {
  return identityError(`The identity ${name} cannot be kept: IndexedDB failed (${cause.name}).`, { cause })
}

function identityError(message: string, options?: { cause: unknown }): Error {
  return secureError('ASTRA_ERR_SECURE_IDENTITY', message, options)
}
