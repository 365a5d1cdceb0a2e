import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto'
import { concatBytes } from '@astranet/interface'
import { nodeCrypto, type Signer } from '../../src/index.js'
import { exportPublicKey } from '../../src/nodejs/keys.js'
import { keyPairOf } from '../../src/nodejs/node-crypto.js'
import type { Crypto, DhKeyPair } from '../../src/proto/crypto.js'

/** Results of one function that are remembered at most: the first ones, among them those of the honest handshakes. */
const MAX_REMEMBERED = 3_000

/** Key pairs that the handshakes draw from: each side of one takes two. */
const KEY_PAIRS = 48

/** Signers that the handshakes draw from. */
const SIGNERS = 6

/** `compute`, which is a pure function of its arguments, but no arguments are computed twice. */
function remembering<Result>(
  compute: (...parts: Uint8Array[]) => Promise<Result>,
): (...parts: Uint8Array[]) => Promise<Result> {
  const results = new Map<string, Result>()
  return async (...parts) => {
    const name = nameOf(parts)
    const known = results.get(name)
    if (known !== undefined) return known
    const result = await compute(...parts)
    if (results.size < MAX_REMEMBERED) results.set(name, result)
    return result
  }
}

function nameOf(parts: readonly Uint8Array[]): string {
  let name = ''
  for (const { buffer, byteOffset, length } of parts)
    name += `${length},${Buffer.from(buffer, byteOffset, length).toString('latin1')}`
  return name
}

/** A private key of 32 bytes: RFC 8410's PKCS#8 around it. */
function privateKey(curve: 'X25519' | 'Ed25519', bytes: Uint8Array): KeyObject {
  const oid = curve === 'X25519' ? '6e' : '70'
  const head = Buffer.from(`302e020100300506032b65${oid}04220420`, 'hex')
  return createPrivateKey({ key: Buffer.concat([head, bytes]), format: 'der', type: 'pkcs8' })
}

/** The bytes of a private key: the same in every run. */
function keyBytes(kind: number, index: number): Uint8Array {
  return new Uint8Array(32).fill(kind).fill(index + 1, 8, 16)
}

function keyPair(index: number): DhKeyPair {
  const pair = keyPairOf(privateKey('X25519', keyBytes(0x50, index)))
  const secrets = remembering(async (peer) => (await pair.dh(peer)) ?? null)
  return { publicKey: pair.publicKey, dh: async (peer) => (await secrets(peer)) ?? undefined }
}

function signer(index: number): Signer {
  const key = privateKey('Ed25519', keyBytes(0x60, index))
  return {
    publicKey: exportPublicKey(createPublicKey(key)),
    sign: remembering(async (message) => sign(null, message, key)),
  }
}

const pairs: readonly DhKeyPair[] = Array.from({ length: KEY_PAIRS }, (_, index) => keyPair(index))

/** The identities of all sides. */
export const signers: readonly Signer[] = Array.from({ length: SIGNERS }, (_, index) => signer(index))

const verify = remembering((publicKey, signature, message) =>
  nodeCrypto.crypto.verify(publicKey, signature, message),
)

/** The beginning of a handshake that is known in advance is the same for many inputs. */
const hash = remembering((bytes) => nodeCrypto.crypto.hash(bytes))
const hmac = remembering((key, bytes) => nodeCrypto.crypto.hmac(key, bytes))

/**
 * Node's cryptography with the key pairs numbered `first` and `first + 1`: the ephemeral and the static key of one
 * side. Curve operations are remembered, so an input costs a tenth of what a handshake costs.
 */
export function knownCrypto(first: number): Crypto {
  let next = first
  return {
    ...nodeCrypto.crypto,
    generateKeyPair: async () => pairs[next++ % KEY_PAIRS] as DhKeyPair,
    verify,
    hash,
    hmac,
  }
}

/** Numbers for {@link knownCrypto} that share no key. */
export const KEY_NUMBERS: readonly number[] = Array.from({ length: KEY_PAIRS / 2 }, (_, index) => 2 * index)

/** Whether `bytes` begins with `beginning`. */
export function startsWith(bytes: Uint8Array, beginning: Uint8Array): boolean {
  return (
    bytes.length >= beginning.length && Buffer.compare(bytes.subarray(0, beginning.length), beginning) === 0
  )
}

/** Whether both have the same bytes. */
export function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0
}

/** All chunks as one. */
export const joined = (chunks: readonly Uint8Array[]): Uint8Array => concatBytes([...chunks])
