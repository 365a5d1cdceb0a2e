import type { NodeId } from '@astranet/interface'
import { hash, verify, type KeyObject } from 'node:crypto'
import { KeyCache } from '../proto/key-cache.js'
import { nodeIdInput, nodeIdOfHash } from '../proto/node-id.js'
import type { SignatureCrypto } from '../proto/signatures.js'
import { importPublicKey } from './keys.js'

/**
 * How many signatures are verified at once within one turn of the event loop, at some 0.1 ms each. The rest of that
 * turn's go to the thread pool: more than one core works on them, and the loop stays free, but each is answered later.
 */
export const VERIFIED_AT_ONCE = 16

/** Checks signatures by node:crypto. */
export class NodeSignatures implements SignatureCrypto {
  readonly #keys = new KeyCache((publicKey) => importPublicKey('Ed25519', publicKey))
  /** How many signatures were verified at once in this turn. */
  #verifiedAtOnce = 0

  hash(bytes: Uint8Array): Uint8Array {
    return hash('sha256', bytes, 'buffer')
  }

  verify(publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean | Promise<boolean> {
    try {
      const key = this.#keys.get(publicKey)
      if (key === undefined) return false
      return this.#isTurnFull()
        ? verifyInPool(key, signature, message)
        : verify(null, message, key, signature)
    } catch {
      // OpenSSL takes no such key.
      return false
    }
  }

  nodeIdOf(publicKey: Uint8Array): NodeId {
    return nodeIdOfHash(this.hash(nodeIdInput(publicKey)))
  }

  #isTurnFull(): boolean {
    if (this.#verifiedAtOnce >= VERIFIED_AT_ONCE) return true
    if (this.#verifiedAtOnce === 0) setImmediate(() => (this.#verifiedAtOnce = 0))
    this.#verifiedAtOnce += 1
    return false
  }
}

function verifyInPool(key: KeyObject, signature: Uint8Array, message: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    // An error is a signature or key that OpenSSL does not take.
    verify(null, message, key, signature, (error, isRight) => resolve(error === null && isRight))
  })
}
