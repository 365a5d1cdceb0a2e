import { asciiBytes } from '@astranet/interface/bytes'
import type { CryptoProvider } from '../io/provider.js'
import { KEY_BYTES, TAG_BYTES, type Aead, type Crypto, type DhKeyPair } from '../proto/crypto.js'
import { explained, subtle, type SubtleKeyPair } from './subtle.js'

const HMAC = { name: 'HMAC', hash: 'SHA-256' } as const

const crypto: Crypto = {
  async generateKeyPair() {
    try {
      return await keyPairOf(await subtle().generateKey('X25519', false, ['deriveBits']))
    } catch (error) {
      throw explained(error)
    }
  },
  hash: async (bytes) => new Uint8Array(await subtle().digest('SHA-256', bytes)),
  async hmac(key, bytes) {
    const imported = await subtle().importKey('raw', key, HMAC, false, ['sign'])
    return new Uint8Array(await subtle().sign('HMAC', imported, bytes))
  },
  aead,
  async verify(publicKey, signature, message) {
    try {
      const key = await subtle().importKey('raw', publicKey, 'Ed25519', false, ['verify'])
      return await subtle().verify('Ed25519', key, signature, message)
    } catch (error) {
      // The key is no point of the curve.
      if (isOneOf(error, 'DataError', 'OperationError')) return false
      throw explained(error)
    }
  },
}

/** Cryptography by WebCrypto, for browsers. Up to eight records a direction are in flight. */
export const webCrypto: CryptoProvider = {
  crypto,
  async stretch(secret, salt, iterations) {
    const { TextEncoder } = globalThis
    const key = await subtle().importKey('raw', new TextEncoder().encode(secret), 'PBKDF2', false, [
      'deriveBits',
    ])
    const parameters = { name: 'PBKDF2', hash: 'SHA-256', salt: asciiBytes(salt), iterations }
    return new Uint8Array(await subtle().deriveBits(parameters, key, KEY_BYTES * 8))
  },
}

/** An X25519 key pair of WebCrypto's. */
export async function keyPairOf({ publicKey, privateKey }: SubtleKeyPair): Promise<DhKeyPair> {
  return {
    publicKey: new Uint8Array(await subtle().exportKey('raw', publicKey)),
    async dh(peerPublicKey) {
      try {
        const peer = await subtle().importKey('raw', peerPublicKey, 'X25519', false, [])
        const bits = subtle().deriveBits({ name: 'X25519', public: peer }, privateKey, KEY_BYTES * 8)
        return new Uint8Array(await bits)
      } catch (error) {
        // WebCrypto derives no secret that is all zeros.
        if (isOneOf(error, 'OperationError')) return undefined
        throw error
      }
    },
  }
}

async function aead(rawKey: Uint8Array): Promise<Aead> {
  const key = await subtle().importKey('raw', rawKey, 'AES-GCM', false, ['encrypt', 'decrypt'])
  const parameters = (iv: Uint8Array, additionalData: Uint8Array): object => {
    return { name: 'AES-GCM', iv, additionalData, tagLength: TAG_BYTES * 8 }
  }
  return {
    seal: async (nonce, associatedData, plaintext) =>
      new Uint8Array(await subtle().encrypt(parameters(nonce, associatedData), key, plaintext)),
    async open(nonce, associatedData, sealed) {
      try {
        return new Uint8Array(await subtle().decrypt(parameters(nonce, associatedData), key, sealed))
      } catch (error) {
        if (isOneOf(error, 'OperationError')) return undefined
        throw error
      }
    },
  }
}

function isOneOf(error: unknown, ...names: string[]): boolean {
  return error instanceof Error && names.includes(error.name)
}
