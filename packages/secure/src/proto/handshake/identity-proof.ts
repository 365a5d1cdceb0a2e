import { concatBytes } from '@astranet/interface'
import { asciiBytes, copyBytes } from '@astranet/interface/bytes'
import { KEY_BYTES, type Crypto } from '../crypto.js'
import { secureError } from '../errors.js'
import { isLowOrder } from '../small-order.js'
import { PROOF_BYTES } from './lengths.js'

/** Which side of a handshake: the initiator sends the first message. */
export type SecureRole = 'initiator' | 'responder'

/** An Ed25519 key that signs. {@link sign} rejects only when the platform fails. */
export interface Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** The Ed25519 signature over `message`, 64 bytes. */
  sign(message: Uint8Array): Promise<Uint8Array>
}

/** What the identity key of `role` signs: this very handshake so far, and the Noise static key that is used in it. */
export interface SignedPart {
  readonly role: SecureRole
  /** The handshake hash when all tokens of the message were processed, before its payload is encrypted. */
  readonly hash: Uint8Array
  readonly staticKey: Uint8Array
}

/** The bytes that are signed. Both labels have 38 characters, so the parts have fixed places. */
export function signedBytes({ role, hash, staticKey }: SignedPart): Uint8Array {
  return concatBytes([asciiBytes(`astranet secure 1 identity, ${role}\n`), hash, staticKey])
}

/** The payload of message 2 or 3: identity key, signature, the caller's payload. */
export async function writeProof(signer: Signer, part: SignedPart, payload: Uint8Array): Promise<Uint8Array> {
  return concatBytes([signer.publicKey, await signer.sign(signedBytes(part)), payload])
}

/** What the payload of a message proves. */
export interface ProvenPayload {
  /** The peer's identity key. */
  readonly publicKey: Uint8Array
  /** The payload that the peer's caller gave. */
  readonly payload: Uint8Array
}

/**
 * Reads what {@link writeProof} has written; `bytes` is long enough. Rejects with `ASTRA_ERR_SECURE_KEY` or
 * `ASTRA_ERR_SECURE_SIGNATURE`.
 */
export async function readProof(crypto: Crypto, part: SignedPart, bytes: Uint8Array): Promise<ProvenPayload> {
  const publicKey = copyBytes(bytes, 0, KEY_BYTES)
  if (isLowOrder(publicKey))
    throw secureError(
      'ASTRA_ERR_SECURE_KEY',
      "The peer's identity key is of low order: signatures can be forged for it.",
    )
  const signature = bytes.subarray(KEY_BYTES, PROOF_BYTES)
  if (!(await crypto.verify(publicKey, signature, signedBytes(part)))) {
    throw secureError(
      'ASTRA_ERR_SECURE_SIGNATURE',
      "The peer's identity key has not signed this handshake, so the peer may not be the node that it claims to be.",
    )
  }
  return { publicKey, payload: copyBytes(bytes, PROOF_BYTES) }
}
