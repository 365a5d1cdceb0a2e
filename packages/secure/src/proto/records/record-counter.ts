import { NONCE_BYTES } from '../crypto.js'
import { writeNonce } from '../noise/nonce.js'

/**
 * Records that are sealed with one key: at most 16 GiB, or 2^30 blocks of AES. RFC 8446 (section 5.5) allows AES-GCM
 * 2^24.5 full records of 2^14 bytes, which is 2^34.5 blocks.
 */
export const RECORDS_PER_KEY = 65_536

/** Counts the records of one direction: each has a nonce of its own, and every 65,536 the key changes. */
export class RecordCounter {
  /** The nonce of the record that {@link next} has begun. The same bytes each time. */
  readonly nonce: Uint8Array = new Uint8Array(NONCE_BYTES)
  #count = 0

  /** Begins the next record. Returns whether the key must be changed before it. */
  next(): boolean {
    const isRekeyDue = this.#count > 0 && this.#count % RECORDS_PER_KEY === 0
    writeNonce(this.nonce, this.#count++)
    return isRekeyDue
  }
}
