import { NO_BYTES } from '../proto/bytes.js'
import { REKEY_NONCE, REKEY_PLAINTEXT } from '../proto/noise/nonce.js'
import { RecordCounter } from '../proto/records/record-counter.js'
import type { DirectAead, SealedBytes } from './provider.js'
import type { RecordOpener } from './record-opener.js'

/** The records of one direction, sealed or opened at once: counts them and changes the key. */
export class DirectCipher implements RecordOpener {
  readonly keepsRecords = false
  readonly #aead: DirectAead
  readonly #counter = new RecordCounter()
  #key: Uint8Array

  constructor(aead: DirectAead, key: Uint8Array) {
    this.#aead = aead
    this.#key = key
  }

  /** Seals the next record. */
  seal(header: Uint8Array, plaintext: Uint8Array): SealedBytes {
    this.#next()
    return this.#aead.seal(this.#key, this.#counter.nonce, header, plaintext)
  }

  /** Opens the next record; `undefined` when it is not the peer's. */
  open(header: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    this.#next()
    return this.#aead.open(this.#key, this.#counter.nonce, header, sealed)
  }

  #next(): void {
    if (!this.#counter.next()) return
    this.#key = this.#aead.seal(this.#key, REKEY_NONCE, NO_BYTES, REKEY_PLAINTEXT).ciphertext
  }
}
