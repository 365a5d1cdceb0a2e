/** Bytes of an X25519 or Ed25519 public key, of an X25519 shared secret and of a SHA-256 hash. */
export const KEY_BYTES = 32

/** Bytes of an Ed25519 signature. */
export const SIGNATURE_BYTES = 64

/** Bytes that AES-GCM adds to what it seals. */
export const TAG_BYTES = 16

/** Bytes of an AES-GCM nonce. */
export const NONCE_BYTES = 12

/** An X25519 key pair. The private key stays with the implementation. */
export interface DhKeyPair {
  /** 32 bytes, as RFC 7748 encodes a u-coordinate. */
  readonly publicKey: Uint8Array
  /**
   * The shared secret of this private key and the peer's public key, 32 bytes. `undefined` when the implementation
   * refuses the point because the secret would be all zeros; one that does not refuse it returns the zeros.
   */
  dh(peerPublicKey: Uint8Array): Promise<Uint8Array | undefined>
}

/** AES-256-GCM with one key and a tag of 16 bytes at the end of the ciphertext. */
export interface Aead {
  /**
   * Ciphertext and tag. `nonce` has 12 bytes and is never used twice. The arguments may be reused once this has
   * returned.
   */
  seal(nonce: Uint8Array, associatedData: Uint8Array, plaintext: Uint8Array): Promise<Uint8Array>
  /**
   * The plaintext, in bytes of its own; `undefined` when the tag is wrong. The arguments may be reused once this has
   * returned.
   */
  open(nonce: Uint8Array, associatedData: Uint8Array, sealed: Uint8Array): Promise<Uint8Array | undefined>
}

/**
 * The primitives that the handshake needs. Asynchronous, so that WebCrypto can implement it. A rejection is a failure
 * of the platform, never something that a peer can cause.
 */
export interface Crypto {
  /** A new X25519 key pair. */
  generateKeyPair(): Promise<DhKeyPair>
  /** SHA-256. */
  hash(bytes: Uint8Array): Promise<Uint8Array>
  /** HMAC-SHA-256. */
  hmac(key: Uint8Array, bytes: Uint8Array): Promise<Uint8Array>
  /** AES-256-GCM with a key of 32 bytes. */
  aead(key: Uint8Array): Promise<Aead>
  /**
   * Whether `signature` is one of Ed25519 (RFC 8032) over `message`. `false` also when the key or signature is
   * malformed.
   */
  verify(publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): Promise<boolean>
}
