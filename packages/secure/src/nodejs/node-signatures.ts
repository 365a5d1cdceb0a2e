import type { NodeId } from '@astranet/interface'
import { hash, verify, type KeyObject } from 'node:crypto'
import { KeyCache } from '../proto/key-cache.js'
import { nodeIdInput, nodeIdOfHash } from '../proto/node-id.js'
import type { SignatureCrypto } from '../proto/signatures.js'
import { importPublicKey } from './keys.js'

/**
 * How many signatures are verified at once within one turn of the event loop, at some 0.1 ms each, while none is in the
 * thread pool. All others go to the pool: more than one core works on them, and the loop stays free for what is done
 * with the answers, but each answer comes later.
 */
export const VERIFIED_AT_ONCE = 4

/** Checks signatures by node:crypto. */
export class NodeSignatures implements SignatureCrypto {
  readonly #keys = new KeyCache((publicKey) => importPublicKey('Ed25519', publicKey))
  /** How many signatures were verified at once in this turn. */
  #verifiedAtOnce = 0
  /** How many are in the thread pool. */
  #pending = 0

  hash(bytes: Uint8Array): Uint8Array {
    return hash('sha256', bytes, 'buffer')
  }

  verify(publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean | Promise<boolean> {
    try {
      const key = this.#keys.get(publicKey)
      if (key === undefined) return false
      return this.#isAtOnce()
        ? verify(null, message, key, signature)
        : this.#verifyInPool(key, signature, message)
    } catch {
      // OpenSSL takes no such key.
      return false
    }
  }

  nodeIdOf(publicKey: Uint8Array): NodeId {
    return nodeIdOfHash(this.hash(nodeIdInput(publicKey)))
  }

  #isAtOnce(): boolean {
    if (this.#pending > 0 || this.#verifiedAtOnce >= VERIFIED_AT_ONCE) return false
    if (this.#verifiedAtOnce === 0) setImmediate(() => (this.#verifiedAtOnce = 0))
    this.#verifiedAtOnce += 1
    return true
  }

  #verifyInPool(key: KeyObject, signature: Uint8Array, message: Uint8Array): Promise<boolean> {
    return new Promise((resolve) => {
      verify(null, message, key, signature, (error, isRight) => {
        this.#pending -= 1
        // With an error OpenSSL takes no such signature.
        resolve(error === null && isRight)
      })
      this.#pending += 1
    })
  }
}
