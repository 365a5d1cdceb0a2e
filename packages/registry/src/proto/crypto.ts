import type { NodeId } from '@astranet/interface'

/** Bytes of an Ed25519 public key. */
export const PUBLIC_KEY_BYTES = 32

/** Bytes of an Ed25519 signature. */
export const SIGNATURE_BYTES = 64

/** Bytes of a SHA-256 hash. */
export const HASH_BYTES = 32

/** A value, or a promise of it where the platform answers later (WebCrypto). */
export type MaybePromise<T> = T | Promise<T>

/**
 * The primitives that check what others signed. Each answers at once or by a promise. No input may make them throw or
 * reject: a rejection is a failure of the platform, never something that a peer can cause. The arguments must not be
 * changed, and they do not change until the answer is there.
 */
export interface RegistryCrypto {
  /** SHA-256. */
  hash(bytes: Uint8Array): MaybePromise<Uint8Array>
  /**
   * Whether `signature` (64 bytes) is one of Ed25519 (RFC 8032) over `message`. `false` also for a public key that is
   * malformed or of low order, because anybody can sign for such a key. The registry relies on that.
   */
  verify(publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): MaybePromise<boolean>
  /** The node id that belongs to a public key of 32 bytes. */
  nodeIdOf(publicKey: Uint8Array): MaybePromise<NodeId>
}

/** The identity that signs a node's own logs. */
export interface RegistrySigner {
  /** The node id that belongs to {@link publicKey}. */
  readonly nodeId: NodeId
  /** The Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array
  /** The Ed25519 signature over `message`, 64 bytes. A rejection is a failure of the platform. */
  sign(message: Uint8Array): MaybePromise<Uint8Array>
}

/** `next` of `value`: at once when the value is there, else when its promise has settled. */
export function after<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}
