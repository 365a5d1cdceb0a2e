import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { nodeIdFromBytes, type NodeId } from '@astranet/interface'
import type { RegistryCrypto, RegistrySigner } from '../../src/proto/crypto.js'

/** Node's crypto, which answers at once. */
export const nodeCrypto: RegistryCrypto = {
  hash: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
  verify(publicKey, signature, message) {
    const key = createPublicKey({ key: spki(publicKey), format: 'der', type: 'spki' })
    return verify(null, message, key, signature)
  },
  nodeIdOf,
}

/** The same by promises. */
export const promisedCrypto: RegistryCrypto = {
  hash: async (bytes) => nodeCrypto.hash(bytes),
  verify: async (publicKey, signature, message) => nodeCrypto.verify(publicKey, signature, message),
  nodeIdOf: async (publicKey) => nodeIdOf(publicKey),
}

/** The identity whose private key is 32 bytes counting up from `seed`. */
export function identity(seed: number): RegistrySigner {
  const privateBytes = Uint8Array.from({ length: 32 }, (_, index) => seed + index)
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), privateBytes])
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  const spkiBytes = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const publicKey = new Uint8Array(spkiBytes.subarray(-32))
  return {
    nodeId: nodeIdOf(publicKey),
    publicKey,
    sign: (message) => new Uint8Array(sign(null, message, key)),
  }
}

function nodeIdOf(publicKey: Uint8Array): NodeId {
  const hash = createHash('sha256').update('astranet node id 1').update(publicKey).digest()
  return nodeIdFromBytes(hash.subarray(0, 8))
}

function spki(publicKey: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey])
}
