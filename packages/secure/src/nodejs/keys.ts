import { createPublicKey, type KeyObject } from 'node:crypto'

/** The curves of RFC 8037. */
export type Curve = 'X25519' | 'Ed25519'

/** A public key of 32 bytes as Node's. JWK is the form that Node imports fastest: DER takes ten times as long. */
export function importPublicKey(curve: Curve, bytes: Uint8Array): KeyObject {
  const x = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: curve, x }, format: 'jwk' })
}

/**
 * The 32 bytes of the public key that belongs to a private key. Not for a key that `generateKeyPairSync` returned:
 * while Node 20 exports a JWK it holds a lock of the key, and waits for that lock forever when it collects the
 * garbage of the generation.
 */
export function exportPublicKey(key: KeyObject): Uint8Array {
  return new Uint8Array(Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url'))
}
