import { NO_BYTES } from '../proto/bytes.js'
import type { PromisedCipher } from './promised-cipher.js'
import type { OpenedRecord, RecordOpener } from './record-opener.js'

/** Opens records by promises, several at a time. A record that arrives in parts is made whole first. */
export class PromisedOpener implements RecordOpener {
  readonly returnsParts = false
  readonly #cipher: PromisedCipher
  #header = NO_BYTES
  #sealed = NO_BYTES
  #sealedBytes = 0
  #filled = 0

  constructor(cipher: PromisedCipher) {
    this.#cipher = cipher
  }

  begin(header: Uint8Array, sealedBytes: number): void {
    this.#header = header.slice()
    this.#sealedBytes = sealedBytes
    this.#filled = 0
  }

  add(part: Uint8Array): void {
    if (part.length === this.#sealedBytes) {
      this.#sealed = part
      return
    }
    if (this.#filled === 0) this.#sealed = new Uint8Array(this.#sealedBytes)
    this.#sealed.set(part, this.#filled)
    this.#filled += part.length
  }

  async finish(): Promise<OpenedRecord> {
    const sealed = this.#sealed
    this.#sealed = NO_BYTES
    const plaintext = await this.#cipher.open(this.#header, sealed)
    if (plaintext === undefined) return undefined
    return plaintext.length === 0 ? [] : [plaintext]
  }

  /** Without effect: memory of WebCrypto is freed by the garbage collector only. */
  release(): void {}
}
