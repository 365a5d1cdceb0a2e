import type { Crypto } from '../proto/crypto.js'

/** A record's ciphertext, as long as its plaintext, and the tag of 16 bytes that follows it. */
export interface SealedBytes {
  readonly ciphertext: Uint8Array
  readonly tag: Uint8Array
}

/** AES-256-GCM that answers at once, for platforms that have it. */
export interface DirectAead {
  /** Seals; the arguments may be reused afterwards. */
  seal(key: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array, plaintext: Uint8Array): SealedBytes
  /** The plaintext, in bytes of its own; `undefined` when the tag at the end of `sealed` is wrong. */
  open(
    key: Uint8Array,
    nonce: Uint8Array,
    associatedData: Uint8Array,
    sealed: Uint8Array,
  ): Uint8Array | undefined
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
