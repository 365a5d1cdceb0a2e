import { GRANT_ID_BYTES } from '../proto/limits.js'

/** A new id for a grant: 16 random bytes. */
export function generateGrantId(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(GRANT_ID_BYTES))
}
