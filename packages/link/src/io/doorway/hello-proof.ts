import { checkSecret } from '@astranet/interface/check'

/** How a side proves in its HELLO that it is a member, and checks the peer's proof. */
export interface HelloProof {
  /** The proof over `input`: 1 to 1024 bytes. A rejection ends the link with `ASTRA_ERR_LINK_INTERNAL`. */
  prove(input: Uint8Array): Promise<Uint8Array>
  /** Whether `proof` is the peer's proof over `input`. Must take the same time wherever the two differ. */
  verify(input: Uint8Array, proof: Uint8Array): Promise<boolean>
}

/** What OWASP recommends with SHA-256: a guess costs about 0.2 s. Both sides must use the same number. */
const PBKDF2_ITERATIONS = 600_000

/** The same on all nodes: two sides that share only the secret cannot agree on another. */
const SALT = 'astranet-1 hello proof'

const HMAC_PARAMETERS = { name: 'HMAC', hash: 'SHA-256', length: 256 } as const

/** The part of WebCrypto that is used here. Keys never leave it. */
interface Subtle {
  importKey(
    format: 'raw',
    bytes: Uint8Array,
    name: string,
    isExtractable: boolean,
    uses: string[],
  ): Promise<object>
  deriveKey(
    derivation: object,
    key: object,
    parameters: object,
    isExtractable: boolean,
    uses: string[],
  ): Promise<object>
  sign(name: string, key: object, data: Uint8Array): Promise<ArrayBuffer>
  verify(name: string, key: object, signature: Uint8Array, data: Uint8Array): Promise<boolean>
}

interface Globals {
  readonly crypto?: { readonly subtle?: Subtle }
  readonly TextEncoder: new () => { encode(text: string): Uint8Array }
}

/**
 * Proofs that a side knows `secret`, for pipes whose other end is not authenticated: HMAC-SHA-256 with a key that PBKDF2 derives (spec section 5.2). It takes about 0.2 s, so make it once.
 *
 * Rejects with a `TypeError` or `RangeError` when the secret is shorter than 16 characters or has white space at its
 * ends, and with a `TypeError` where there is no WebCrypto: browsers offer it on pages loaded over https, or from
 * localhost.
 */
export async function sharedSecretProof(secret: string): Promise<HelloProof> {
  checkSecret(secret)
  const { crypto, TextEncoder } = globalThis as unknown as Globals
  const subtle = crypto?.subtle
  if (subtle === undefined)
    throw new TypeError('proofs of a secret need WebCrypto, which browsers give to pages over https only')
  const encoder = new TextEncoder()
  // Text that looks the same is the same secret.
  const text = encoder.encode(secret.normalize('NFC'))
  const base = await subtle.importKey('raw', text, 'PBKDF2', false, ['deriveKey'])
  const stretching = {
    name: 'PBKDF2',
    hash: 'SHA-256',
    salt: encoder.encode(SALT),
    iterations: PBKDF2_ITERATIONS,
  }
  const key = await subtle.deriveKey(stretching, base, HMAC_PARAMETERS, false, ['sign', 'verify'])
  return {
    prove: async (input) => new Uint8Array(await subtle.sign('HMAC', key, input)),
    verify: (input, proof) => subtle.verify('HMAC', key, proof, input),
  }
}
