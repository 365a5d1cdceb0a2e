import { HASH_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../crypto.js'
import type { LogContent } from './log-content.js'
import type { SignedState } from './signed-state.js'

/*
 * A replica keeps the owner's public key, the root and the signature in front of the entries, in the same byte array: a
 * byte array of its own would cost more than twice as much for each of them.
 */

const ROOT_AT = PUBLIC_KEY_BYTES
const SIGNATURE_AT = ROOT_AT + HASH_BYTES

/** The bytes in front of the entries. */
export const HEAD_BYTES: number = SIGNATURE_AT + SIGNATURE_BYTES

/** Writes the head of `bytes`. */
export function writeHead(bytes: Uint8Array, publicKey: Uint8Array, state: SignedState): void {
  bytes.set(publicKey, 0)
  bytes.set(state.root, ROOT_AT)
  bytes.set(state.signature, SIGNATURE_AT)
}

/** The public key in a content's head, a view. */
export function heldKey(content: LogContent): Uint8Array {
  return content.bytes.subarray(0, ROOT_AT)
}

/** The state of a content; its byte arrays are views. */
export function heldState({ bytes, items, version, watermark }: LogContent): SignedState {
  return {
    incarnation: version.incarnation,
    sequence: version.sequence,
    check: version.check,
    watermark,
    count: items.length,
    size: bytes.length - HEAD_BYTES,
    root: bytes.subarray(ROOT_AT, SIGNATURE_AT),
    signature: bytes.subarray(SIGNATURE_AT, HEAD_BYTES),
  }
}
