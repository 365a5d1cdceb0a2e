import { NO_BYTES } from '../proto/bytes.js'
import { KEY_BYTES, type Aead, type Crypto } from '../proto/crypto.js'
import { REKEY_NONCE, REKEY_PLAINTEXT } from '../proto/noise/nonce.js'
import { RecordCounter } from '../proto/records/record-counter.js'

/**
 * The records of one direction, sealed or opened by promises: counts them and changes the key. Several may be in
 * flight.
 */
export class PromisedCipher {
  readonly #crypto: Crypto
  readonly #counter = new RecordCounter()
  #aead: Promise<Aead>

  constructor(crypto: Crypto, key: Uint8Array) {
    this.#crypto = crypto
    this.#aead = crypto.aead(key)
    // The first use of the key reports a failure. Without a use it must not end the process.
    this.#aead.catch(() => undefined)
  }

  /** Seals the next record: ciphertext and tag. `plaintext` must stay as it is until then. */
  seal(header: Uint8Array, plaintext: Uint8Array): Promise<Uint8Array> {
    const { aead, nonce } = this.#next()
    return aead.then((key) => key.seal(nonce, header, plaintext))
  }

  /** Opens the next record; `undefined` when it is not the peer's. Both arguments must stay as they are until then. */
  open(header: Uint8Array, sealed: Uint8Array): Promise<Uint8Array | undefined> {
    const { aead, nonce } = this.#next()
    return aead.then((key) => key.open(nonce, header, sealed))
  }

  #next(): { aead: Promise<Aead>; nonce: Uint8Array } {
    if (this.#counter.next()) this.#aead = this.#nextKey(this.#aead)
    return { aead: this.#aead, nonce: this.#counter.nonce.slice() }
  }

  async #nextKey(aead: Promise<Aead>): Promise<Aead> {
    const sealed = await (await aead).seal(REKEY_NONCE, NO_BYTES, REKEY_PLAINTEXT)
    return this.#crypto.aead(sealed.subarray(0, KEY_BYTES))
  }
}
