import {
  createHash,
  createHmac,
  diffieHellman,
  generateKeyPairSync,
  pbkdf2,
  verify,
  type KeyObject,
} from 'node:crypto'
import { promisify } from 'node:util'
import type { CryptoProvider } from '../io/provider.js'
import { KEY_BYTES, type Crypto, type DhKeyPair } from '../proto/crypto.js'
import { importPublicKey } from './keys.js'
import { nodeAead, promisedAead } from './node-aead.js'

const stretch = promisify(pbkdf2)

/** The point of which every X25519 public key is a multiple (RFC 7748, section 4.1). */
const BASE_POINT = importPublicKey('X25519', Uint8Array.of(9, ...new Uint8Array(31)))

const crypto: Crypto = {
  generateKeyPair: async () => keyPairOf(generateKeyPairSync('x25519').privateKey),
  hash: async (bytes) => createHash('sha256').update(bytes).digest(),
  hmac: async (key, bytes) => createHmac('sha256', key).update(bytes).digest(),
  aead: async (key) => promisedAead(key),
  async verify(publicKey, signature, message) {
    try {
      return verify(null, message, importPublicKey('Ed25519', publicKey), signature)
    } catch {
      // OpenSSL takes no such key.
      return false
    }
  },
}

/**
 * Cryptography by node:crypto. A handshake takes some 0.5 ms of each side; records are sealed and opened within the
 * call.
 */
export const nodeCrypto: CryptoProvider = {
  crypto,
  direct: nodeAead,
  stretch: (secret, salt, iterations) => stretch(secret, salt, iterations, KEY_BYTES, 'sha256'),
}

/**
 * An X25519 key pair of its private key. The public key is computed, since exporting it is slower, or may never end.
 */
export function keyPairOf(privateKey: KeyObject): DhKeyPair {
  return {
    publicKey: diffieHellman({ privateKey, publicKey: BASE_POINT }),
    async dh(peerPublicKey) {
      const publicKey = importPublicKey('X25519', peerPublicKey)
      try {
        return diffieHellman({ privateKey, publicKey })
      } catch {
        // OpenSSL derives no secret that is all zeros.
        return undefined
      }
    },
  }
}
