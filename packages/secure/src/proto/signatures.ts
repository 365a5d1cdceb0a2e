import type { NodeId } from '@astranet/interface'

/**
 * What checking signed records needs: each function answers at once where the platform can, otherwise by a promise.
 */
export interface SignatureCrypto {
  /** SHA-256. */
  hash(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
  /**
   * Whether `signature` is one of Ed25519 (RFC 8032) over `message`. `false` also when the key or the signature is
   * malformed, and for a key of low order, for which anybody can sign. It never throws or rejects. The arguments must
   * not change before the answer.
   */
  verify(publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean | Promise<boolean>
  /** The node id that belongs to an Ed25519 public key. Fails with a `RangeError` unless the key has 32 bytes. */
  nodeIdOf(publicKey: Uint8Array): NodeId | Promise<NodeId>
}
