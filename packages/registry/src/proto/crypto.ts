import type { NodeId } from '@astranet/interface'

/** What the registry needs of cryptography. Each function answers at once or by a promise. */
export interface RegistryCrypto {
  /** SHA-256. */
  hash(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
  /** Whether `signature` is an Ed25519 signature of `message` by the owner of `publicKey`. */
  verify(publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean | Promise<boolean>
  /** The node id of a public key. */
  nodeIdOf(publicKey: Uint8Array): NodeId | Promise<NodeId>
}

/** The identity of this node. */
export interface RegistrySigner {
  readonly nodeId: NodeId
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>
}
