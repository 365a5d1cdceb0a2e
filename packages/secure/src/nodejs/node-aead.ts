import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { DirectAead } from '../io/provider.js'
import { TAG_BYTES, type Aead } from '../proto/crypto.js'
import { concatBytes } from '@astranet/interface'

const ALGORITHM = 'aes-256-gcm'

/** AES-256-GCM by node:crypto, within the call. */
export const nodeAead: DirectAead = {
  seal(key, nonce, associatedData, plaintext) {
    const cipher = createCipheriv(ALGORITHM, key, nonce)
    cipher.setAAD(associatedData)
    const ciphertext = cipher.update(plaintext)
    cipher.final()
    return { ciphertext, tag: cipher.getAuthTag() }
  },

  open(key, nonce, associatedData, sealed) {
    const length = sealed.length - TAG_BYTES
    const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(associatedData)
    decipher.setAuthTag(sealed.subarray(length))
    const plaintext = decipher.update(sealed.subarray(0, length))
    try {
      decipher.final()
    } catch {
      return undefined
    }
    return plaintext
  },
}

/** {@link nodeAead} with one key, as the handshake takes it. */
export function promisedAead(key: Uint8Array): Aead {
  return {
    seal: async (nonce, associatedData, plaintext) => {
      const { ciphertext, tag } = nodeAead.seal(key, nonce, associatedData, plaintext)
      return concatBytes([ciphertext, tag])
    },
    open: async (nonce, associatedData, sealed) => nodeAead.open(key, nonce, associatedData, sealed),
  }
}
