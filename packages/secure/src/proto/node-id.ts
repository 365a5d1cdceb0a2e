import { concatBytes, nodeIdFromBytes, type NodeId } from '@astranet/interface'
import { asciiBytes } from '@astranet/interface/bytes'
import { outOfRange } from '@astranet/interface/check'
import { KEY_BYTES } from './crypto.js'

const LABEL = asciiBytes('astranet node id 1')

/**
 * The node id that belongs to an Ed25519 public key: the first 8 bytes of SHA-256 of `astranet node id 1` and the key.
 * Throws a `RangeError` unless the key has 32 bytes.
 */
export async function nodeIdOfKey(
  publicKey: Uint8Array,
  hash: (bytes: Uint8Array) => Promise<Uint8Array>,
): Promise<NodeId> {
  return nodeIdOfHash(await hash(nodeIdInput(publicKey)))
}

/** What is hashed for the node id of a public key. Throws a `RangeError` unless the key has 32 bytes. */
export function nodeIdInput(publicKey: Uint8Array): Uint8Array {
  if (publicKey.length !== KEY_BYTES) throw outOfRange('publicKey', `${KEY_BYTES} bytes`, publicKey.length)
  return concatBytes([LABEL, publicKey])
}

/** The node id, given the SHA-256 of {@link nodeIdInput}. */
export function nodeIdOfHash(hash: Uint8Array): NodeId {
  return nodeIdFromBytes(hash.subarray(0, 8))
}
