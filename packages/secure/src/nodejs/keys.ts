import { createPublicKey, type KeyObject } from 'node:crypto'

/** The curves of RFC 8037. */
export type Curve = 'X25519' | 'Ed25519'

/** A public key of 32 bytes as Node's. JWK is the form that Node imports fastest: DER takes ten times as long. */
export function importPublicKey(curve: Curve, bytes: Uint8Array): KeyObject {
  const x = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: curve, x }, format: 'jwk' })
}

/** The 32 bytes of a public key, given that or the private key. */
export function exportPublicKey(key: KeyObject): Uint8Array {
  return new Uint8Array(Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url'))
}
