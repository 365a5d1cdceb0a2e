import { concatBytes, nodeIdFromBytes, type NodeId } from '@astranet/interface'
import { asciiBytes } from './bytes.js'
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
  if (publicKey.length !== KEY_BYTES)
    throw new RangeError(`publicKey must have ${KEY_BYTES} bytes, got ${publicKey.length}`)
  const digest = await hash(concatBytes([LABEL, publicKey]))
  return nodeIdFromBytes(digest.subarray(0, 8))
}
