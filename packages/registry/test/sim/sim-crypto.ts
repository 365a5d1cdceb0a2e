import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { nodeIdFromBytes, type Clock } from '@astranet/interface'
import { copyBytes, equalBytes } from '@astranet/interface/bytes'
import type { Rng } from '@astranet/testkit/sim'
import type { RegistryCrypto, RegistrySigner } from '../../src/proto/crypto.js'

/**
 * How states are signed in a run.
 * - `stand-in`: a keyed hash that takes about a microsecond. Nobody in a simulation computes it with another's key, so
 *   it is as good as a signature there;
 * - `ed25519`: what real nodes use;
 * - `later`: the stand-in, answered by promises that take up to 3 ms of virtual time.
 */
export type SimCryptoKind = 'stand-in' | 'ed25519' | 'later'

/** The cryptography of one run, and the identities that belong to it. */
export interface SimCrypto {
  readonly crypto: RegistryCrypto
  /** The identity of node `n`: the same one at each call. */
  identity(n: number): RegistrySigner
}

const SIGNATURE_BYTES = 64
const MAX_LATER_MS = 3
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

function sha256(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Bytes as a text to look them up by. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

const nodeIdOf: RegistryCrypto['nodeIdOf'] = (publicKey) => nodeIdFromBytes(sha256(publicKey).subarray(0, 8))

function standInSignature(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  const signature = new Uint8Array(SIGNATURE_BYTES)
  signature.set(sha256('stand-in', publicKey, message))
  return signature
}

/** What was signed is remembered, so that a signature is computed once and not by each node that checks it. */
function standIn(): SimCrypto {
  const signed = new Map<string, { readonly publicKey: Uint8Array; readonly message: Uint8Array }>()
  return {
    crypto: {
      hash: (bytes) => sha256(bytes),
      verify: (publicKey, signature, message) => {
        const known = signed.get(textOf(signature))
        if (known === undefined) return false
        return equalBytes(known.publicKey, publicKey) && equalBytes(known.message, message)
      },
      nodeIdOf,
    },
    identity: (n) => {
      const publicKey = sha256(`public key ${n}`)
      const nodeId = nodeIdFromBytes(sha256(publicKey).subarray(0, 8))
      const sign = (message: Uint8Array): Uint8Array => {
        const signature = standInSignature(publicKey, message)
        signed.set(textOf(signature), { publicKey, message: copyBytes(message) })
        return signature
      }
      return { nodeId, publicKey, sign }
    },
  }
}

function ed25519(): SimCrypto {
  const publicKeys = new Map<string, KeyObject>()
  const publicKeyOf = (bytes: Uint8Array): KeyObject => {
    const x = Buffer.from(bytes).toString('base64url')
    const key =
      publicKeys.get(x) ?? createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    publicKeys.set(x, key)
    return key
  }
  return {
    crypto: {
      hash: (bytes) => sha256(bytes),
      verify: (publicKey, signature, message) => verify(null, message, publicKeyOf(publicKey), signature),
      nodeIdOf,
    },
    identity: (n) => {
      const seed = sha256(`private key ${n}`)
      const key = createPrivateKey({
        key: Buffer.concat([PKCS8_PREFIX, seed]),
        format: 'der',
        type: 'pkcs8',
      })
      const { x } = createPublicKey(key).export({ format: 'jwk' })
      const publicKey = new Uint8Array(Buffer.from(x as string, 'base64url'))
      const nodeId = nodeIdFromBytes(sha256(publicKey).subarray(0, 8))
      return { nodeId, publicKey, sign: (message) => sign(null, message, key) }
    },
  }
}

/** The same answers, some time later. */
function later({ crypto, identity }: SimCrypto, clock: Clock, rng: Rng): SimCrypto {
  const soon = <T>(value: T | Promise<T>): Promise<T> =>
    new Promise((resolve) => void clock.setTimer(rng.float() * MAX_LATER_MS, () => resolve(value)))
  return {
    crypto: {
      hash: (bytes) => soon(crypto.hash(bytes)),
      verify: (publicKey, signature, message) => soon(crypto.verify(publicKey, signature, message)),
      nodeIdOf: (publicKey) => soon(crypto.nodeIdOf(publicKey)),
    },
    identity: (n) => {
      const signer = identity(n)
      return { ...signer, sign: (message) => soon(signer.sign(message)) }
    },
  }
}

/** Makes the cryptography of a run. */
export function simCrypto(kind: SimCryptoKind, clock: Clock, rng: Rng): SimCrypto {
  if (kind === 'ed25519') return ed25519()
  return kind === 'later' ? later(standIn(), clock, rng) : standIn()
}
