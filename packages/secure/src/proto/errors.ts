import { AstraError } from '@astranet/interface'

/**
 * The codes of this package's errors; `docs/ERRORS.md` has the cause and the cure of each. None ever changes its
 * meaning.
 */
export const SecureErrorCode = {
  /** A handshake message has a length it may not have, or was changed on the way, or the prologues differ. */
  HANDSHAKE: 'ASTRA_ERR_SECURE_HANDSHAKE',
  /** The first message was not made with this side's secret. */
  SECRET: 'ASTRA_ERR_SECURE_SECRET',
  /** A public key of the peer is a point of low order: the shared secret would be known to everyone. */
  KEY: 'ASTRA_ERR_SECURE_KEY',
  /** The peer's identity key has not signed this handshake. */
  SIGNATURE: 'ASTRA_ERR_SECURE_SIGNATURE',
  /** The peer proved another identity than the one that was expected. */
  PEER: 'ASTRA_ERR_SECURE_PEER',
  /** The pipe ended before the handshake, or before the authenticated end of the records. */
  TRUNCATED: 'ASTRA_ERR_SECURE_TRUNCATED',
  /** A record's header is malformed, or bytes follow the end. */
  RECORD: 'ASTRA_ERR_SECURE_RECORD',
  /** A record was changed, repeated, left out or put elsewhere. */
  TAMPERED: 'ASTRA_ERR_SECURE_TAMPERED',
  /** A text, a file or an entry of IndexedDB holds no identity, or the identity cannot be kept or exported. */
  IDENTITY: 'ASTRA_ERR_SECURE_IDENTITY',
  /** This runtime has no WebCrypto, or WebCrypto lacks an algorithm, or there is no IndexedDB. */
  UNAVAILABLE: 'ASTRA_ERR_SECURE_UNAVAILABLE',
} as const

/** One of the codes of this package's errors. */
export type SecureErrorCode = (typeof SecureErrorCode)[keyof typeof SecureErrorCode]

/** An error with one of this package's codes. */
export function secureError(
  code: SecureErrorCode,
  message: string,
  options?: { cause?: unknown },
): AstraError {
  return new AstraError(code, message, options)
}
