import type { Crypto } from '../proto/crypto.js'

/** A record that is being sealed, piece by piece. */
export interface RecordSealing {
  /** The ciphertext of the next bytes, as long as they are, in bytes of its own. `plaintext` may be reused. */
  update(plaintext: Uint8Array): Uint8Array
  /** Nothing follows: the tag of 16 bytes. */
  finish(): Uint8Array
}

/** A record that is being opened, piece by piece. */
export interface RecordOpening {
  /**
   * The plaintext of the next bytes, in bytes of its own. It may be anything until {@link finish} returns `true`, so
   * nobody must see it before. `ciphertext` may be reused.
   */
  update(ciphertext: Uint8Array): Uint8Array
  /** Nothing follows: whether `tag`, 16 bytes, is that of everything that was opened. */
  finish(tag: Uint8Array): boolean
}

/** AES-256-GCM that answers at once, for platforms that have it. The arguments may be reused after each call. */
export interface DirectAead {
  /** Begins to seal. */
  seal(key: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array): RecordSealing
  /** Begins to open. */
  open(key: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array): RecordOpening
  /** Nobody refers to `bytes` any more, so their memory may be used again at once. Absent: it waits for V8's collector. */
  release?(bytes: Uint8Array): void
}

/** Where the cryptography comes from. */
export interface CryptoProvider {
  /** What the handshake needs, and records as well where there is no `direct`. */
  readonly crypto: Crypto
  /** Records are sealed and opened at once. Absent: eight of them are in flight. */
  readonly direct?: DirectAead
  /** PBKDF2 with HMAC-SHA-256: 32 bytes. */
  stretch(secret: string, salt: string, iterations: number): Promise<Uint8Array>
}
