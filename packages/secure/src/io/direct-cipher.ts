import { NO_BYTES } from '../proto/bytes.js'
import { REKEY_NONCE, REKEY_PLAINTEXT } from '../proto/noise/nonce.js'
import { RecordCounter } from '../proto/records/record-counter.js'
import type { DirectAead, RecordOpening, RecordSealing } from './provider.js'

/** The records of one direction, sealed or opened at once: counts them and changes the key. */
export class DirectCipher {
  readonly #aead: DirectAead
  readonly #counter = new RecordCounter()
  #key: Uint8Array

  constructor(aead: DirectAead, key: Uint8Array) {
    this.#aead = aead
    this.#key = key
  }

  /** Begins to seal the next record. */
  seal(header: Uint8Array): RecordSealing {
    this.#next()
    return this.#aead.seal(this.#key, this.#counter.nonce, header)
  }

  /** Begins to open the next record. */
  open(header: Uint8Array): RecordOpening {
    this.#next()
    return this.#aead.open(this.#key, this.#counter.nonce, header)
  }

  /** Nobody refers to `bytes` any more. */
  release(bytes: Uint8Array): void {
    this.#aead.release?.(bytes)
  }

  #next(): void {
    if (!this.#counter.next()) return
    this.#key = this.#aead.seal(this.#key, REKEY_NONCE, NO_BYTES).update(REKEY_PLAINTEXT)
  }
}
