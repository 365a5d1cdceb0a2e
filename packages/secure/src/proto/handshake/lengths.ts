import { KEY_BYTES, SIGNATURE_BYTES, TAG_BYTES } from '../crypto.js'

/** The longest message of Noise (section 3), so that a length takes 2 bytes. */
export const MAX_MESSAGE_BYTES = 65_535

/** Identity key and signature, in front of the caller's payload. */
export const PROOF_BYTES: number = KEY_BYTES + SIGNATURE_BYTES

/** The second message without the caller's payload: ephemeral key, static key and tag, proof, tag. */
const SECOND_BYTES = KEY_BYTES + KEY_BYTES + TAG_BYTES + PROOF_BYTES + TAG_BYTES

/** The third message without the caller's payload: static key and tag, proof, tag. */
const THIRD_BYTES = KEY_BYTES + TAG_BYTES + PROOF_BYTES + TAG_BYTES

/** The largest payload that fits into both messages. */
export const MAX_PAYLOAD_BYTES: number = MAX_MESSAGE_BYTES - SECOND_BYTES

/** Which lengths a message may have, both ends included. */
export interface LengthRange {
  readonly min: number
  readonly max: number
}

/** The lengths that message 1, 2 or 3 may have when payloads may have `maxPayloadBytes`. */
export function messageLengths(message: 1 | 2 | 3, hasSecret: boolean, maxPayloadBytes: number): LengthRange {
  if (message === 1) {
    // Without a secret nothing is encrypted yet; with one there is the tag of an empty payload.
    const length = hasSecret ? KEY_BYTES + TAG_BYTES : KEY_BYTES
    return { min: length, max: length }
  }
  const min = message === 2 ? SECOND_BYTES : THIRD_BYTES
  return { min, max: min + maxPayloadBytes }
}
