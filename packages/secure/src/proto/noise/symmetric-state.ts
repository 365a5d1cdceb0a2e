import { concatBytes } from '@astranet/interface'
import { NONCE_BYTES, type Aead, type Crypto } from '../crypto.js'
import { secureError } from '../errors.js'
import { hkdf } from './hkdf.js'
import { writeNonce } from './nonce.js'

/**
 * Noise's SymmetricState and the CipherState in it (sections 5.1 and 5.2): a hash of everything said so far, a
 * chaining key into which every shared secret is mixed, and the key that encrypts the next bytes.
 */
export class SymmetricState {
  readonly #crypto: Crypto
  readonly #nonce: Uint8Array = new Uint8Array(NONCE_BYTES)
  #chainingKey: Uint8Array
  #hash: Uint8Array
  #aead: Aead | undefined
  #count = 0

  /** `protocolName` has at most 32 bytes, so it is padded with zeros and not hashed. */
  constructor(crypto: Crypto, protocolName: Uint8Array) {
    this.#crypto = crypto
    this.#hash = new Uint8Array(32)
    this.#hash.set(protocolName)
    this.#chainingKey = this.#hash
  }

  /** The handshake hash `h`, 32 bytes. */
  get hash(): Uint8Array {
    return this.#hash
  }

  /** Whether what follows is encrypted. */
  get hasKey(): boolean {
    return this.#aead !== undefined
  }

  async mixHash(bytes: Uint8Array): Promise<void> {
    this.#hash = await this.#crypto.hash(concatBytes([this.#hash, bytes]))
  }

  async mixKey(material: Uint8Array): Promise<void> {
    const [chainingKey, key] = await hkdf(this.#crypto, this.#chainingKey, material, 2)
    await this.#setKey(chainingKey as Uint8Array, key as Uint8Array)
  }

  async mixKeyAndHash(material: Uint8Array): Promise<void> {
    const [chainingKey, hash, key] = await hkdf(this.#crypto, this.#chainingKey, material, 3)
    await this.mixHash(hash as Uint8Array)
    await this.#setKey(chainingKey as Uint8Array, key as Uint8Array)
  }

  /** The bytes that are sent for `plaintext`: sealed where there is a key, as they are otherwise. */
  async encryptAndHash(plaintext: Uint8Array): Promise<Uint8Array> {
    const sent = this.#aead === undefined ? plaintext : await this.#seal(this.#aead, plaintext)
    await this.mixHash(sent)
    return sent
  }

  /**
   * The opposite of {@link encryptAndHash}. Rejects with `ASTRA_ERR_SECURE_HANDSHAKE` when the bytes are not the
   * peer's.
   */
  async decryptAndHash(received: Uint8Array): Promise<Uint8Array> {
    const plaintext = this.#aead === undefined ? received : await this.#open(this.#aead, received)
    await this.mixHash(received)
    return plaintext
  }

  /** The keys of the records: the initiator's, then the responder's. */
  async split(): Promise<[Uint8Array, Uint8Array]> {
    const [initiator, responder] = await hkdf(this.#crypto, this.#chainingKey, new Uint8Array(0), 2)
    return [initiator as Uint8Array, responder as Uint8Array]
  }

  async #setKey(chainingKey: Uint8Array, key: Uint8Array): Promise<void> {
    this.#chainingKey = chainingKey
    this.#aead = await this.#crypto.aead(key)
    this.#count = 0
  }

  async #seal(aead: Aead, plaintext: Uint8Array): Promise<Uint8Array> {
    writeNonce(this.#nonce, this.#count++)
    return aead.seal(this.#nonce, this.#hash, plaintext)
  }

  async #open(aead: Aead, sealed: Uint8Array): Promise<Uint8Array> {
    writeNonce(this.#nonce, this.#count++)
    const plaintext = await aead.open(this.#nonce, this.#hash, sealed)
    if (plaintext !== undefined) return plaintext
    throw secureError(
      'ASTRA_ERR_SECURE_HANDSHAKE',
      'A handshake message does not decrypt: it was changed on the way, or the two sides have different prologues.',
    )
  }
}
