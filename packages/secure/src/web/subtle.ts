import { secureError } from '../proto/errors.js'

/** The part of WebCrypto's `SubtleCrypto` that is used here. Keys are `CryptoKey`s. */
export interface Subtle {
  digest(algorithm: string, data: Uint8Array): Promise<ArrayBuffer>
  generateKey(algorithm: string, isExtractable: boolean, uses: readonly string[]): Promise<SubtleKeyPair>
  importKey(
    format: 'raw' | 'pkcs8',
    bytes: Uint8Array,
    algorithm: string | object,
    isExtractable: boolean,
    uses: readonly string[],
  ): Promise<SubtleKey>
  exportKey(format: 'raw' | 'pkcs8', key: SubtleKey): Promise<ArrayBuffer>
  exportKey(format: 'jwk', key: SubtleKey): Promise<{ readonly x?: string; readonly d?: string }>
  deriveBits(algorithm: object, key: SubtleKey, bits: number): Promise<ArrayBuffer>
  encrypt(algorithm: object, key: SubtleKey, data: Uint8Array): Promise<ArrayBuffer>
  decrypt(algorithm: object, key: SubtleKey, data: Uint8Array): Promise<ArrayBuffer>
  sign(algorithm: string, key: SubtleKey, data: Uint8Array): Promise<ArrayBuffer>
  verify(algorithm: string, key: SubtleKey, signature: Uint8Array, data: Uint8Array): Promise<boolean>
}

/** A `CryptoKey`. */
export interface SubtleKey {
  readonly extractable: boolean
}

/** A `CryptoKeyPair`. */
export interface SubtleKeyPair {
  readonly publicKey: SubtleKey
  readonly privateKey: SubtleKey
}

/** WebCrypto. Throws `ASTRA_ERR_SECURE_UNAVAILABLE` where there is none: a page that did not come over https. */
export function subtle(): Subtle {
  const { crypto } = globalThis as unknown as { crypto?: { readonly subtle?: Subtle } }
  if (crypto?.subtle !== undefined) return crypto.subtle
  throw secureError(
    'ASTRA_ERR_SECURE_UNAVAILABLE',
    'There is no crypto.subtle here: browsers give it to pages over https, and from localhost, only.',
  )
}

/** An error of WebCrypto that means that it lacks the algorithm, as one that says so; others as they are. */
export function explained(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'NotSupportedError') return error
  const message = 'The WebCrypto of this runtime lacks X25519 or Ed25519: it is too old.'
  return secureError('ASTRA_ERR_SECURE_UNAVAILABLE', message, { cause: error })
}
