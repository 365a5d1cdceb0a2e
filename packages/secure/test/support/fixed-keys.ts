import { createPrivateKey } from 'node:crypto'
import { keyPairOf } from '../../src/nodejs/node-crypto.js'
import { exportPublicKey } from '../../src/nodejs/keys.js'
import type { Crypto, DhKeyPair } from '../../src/proto/crypto.js'
import { keyPairOf as webKeyPairOf } from '../../src/web/web-crypto.js'
import { subtle } from '../../src/web/subtle.js'
import { hex, unhex } from './bytes.js'

/** `crypto`, but `generateKeyPair` gives the X25519 keys of `privateKeys`, one after the other. */
export function withKeys(crypto: Crypto, privateKeys: readonly Uint8Array[], isWeb = false): Crypto {
  const left = [...privateKeys]
  return {
    ...crypto,
    generateKeyPair: async () => {
      const privateKey = left.shift()
      if (privateKey === undefined) throw new Error('the test has no more keys')
      return isWeb ? webKeyPair(privateKey) : keyPairOf(nodeKey(privateKey))
    },
  }
}

/** The X25519 public key of a private key. */
export function publicKeyOf(privateKey: Uint8Array): Uint8Array {
  return exportPublicKey(nodeKey(privateKey))
}

function pkcs8(privateKey: Uint8Array): Uint8Array {
  return unhex(`302e020100300506032b656e04220420${hex(privateKey)}`)
}

function nodeKey(privateKey: Uint8Array): ReturnType<typeof createPrivateKey> {
  return createPrivateKey({ key: Buffer.from(pkcs8(privateKey)), format: 'der', type: 'pkcs8' })
}

async function webKeyPair(raw: Uint8Array): Promise<DhKeyPair> {
  const privateKey = await subtle().importKey('pkcs8', pkcs8(raw), 'X25519', false, ['deriveBits'])
  const publicKey = await subtle().importKey('raw', publicKeyOf(raw), 'X25519', true, [])
  return webKeyPairOf({ privateKey, publicKey })
}
