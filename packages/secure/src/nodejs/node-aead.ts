import { concatBytes } from '@astranet/interface'
import { createCipheriv, createDecipheriv, type CipherGCM, type DecipherGCM } from 'node:crypto'
import type { DirectAead, RecordOpening, RecordSealing } from '../io/provider.js'
import { TAG_BYTES, type Aead } from '../proto/crypto.js'
import { releaseMemory } from './release-memory.js'

const ALGORITHM = 'aes-256-gcm'

class NodeSealing implements RecordSealing {
  readonly #cipher: CipherGCM

  constructor(cipher: CipherGCM) {
    this.#cipher = cipher
  }

  update(plaintext: Uint8Array): Uint8Array {
    return this.#cipher.update(plaintext)
  }

  finish(): Uint8Array {
    this.#cipher.final()
    return this.#cipher.getAuthTag()
  }
}

class NodeOpening implements RecordOpening {
  readonly #decipher: DecipherGCM

  constructor(decipher: DecipherGCM) {
    this.#decipher = decipher
  }

  update(ciphertext: Uint8Array): Uint8Array {
    return this.#decipher.update(ciphertext)
  }

  finish(tag: Uint8Array): boolean {
    this.#decipher.setAuthTag(tag)
    try {
      this.#decipher.final()
      return true
    } catch {
      return false
    }
  }
}

/** AES-256-GCM by node:crypto, within the call. */
export const nodeAead: DirectAead = {
  seal(key, nonce, associatedData) {
    const cipher = createCipheriv(ALGORITHM, key, nonce)
    cipher.setAAD(associatedData)
    return new NodeSealing(cipher)
  },

  open(key, nonce, associatedData) {
    const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(associatedData)
    return new NodeOpening(decipher)
  },

  release: releaseMemory,
}

/** {@link nodeAead} with one key, as the handshake takes it. */
export function promisedAead(key: Uint8Array): Aead {
  return {
    seal: async (nonce, associatedData, plaintext) => {
      const sealing = nodeAead.seal(key, nonce, associatedData)
      return concatBytes([sealing.update(plaintext), sealing.finish()])
    },
    open: async (nonce, associatedData, sealed) => {
      const length = sealed.length - TAG_BYTES
      const opening = nodeAead.open(key, nonce, associatedData)
      const plaintext = opening.update(sealed.subarray(0, length))
      return opening.finish(sealed.subarray(length)) ? plaintext : undefined
    },
  }
}
