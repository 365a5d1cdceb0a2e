import { MIN_SECRET_CHARACTERS, sharedSecretProof, type HelloProof } from '@astranet/link'

const GENERATED_BYTES = 32

/** A good secret for a network: 32 random bytes as 43 characters of base64url. */
export function generateSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(GENERATED_BYTES))
  const text = btoa(String.fromCharCode(...bytes))
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** `secret` when a network can have it. Otherwise throws a TypeError or RangeError. */
export function checkSecret(secret: string): string {
  if (typeof secret !== 'string') {
    throw new TypeError(`secret must be a string, got ${secret === null ? 'null' : typeof secret}`)
  }
  if (secret !== secret.trim()) {
    throw new RangeError(
      'secret must not begin or end with white space, such as the line break of a file that it was read from',
    )
  }
  if (secret.length < MIN_SECRET_CHARACTERS) {
    throw new RangeError(
      `secret must have at least ${MIN_SECRET_CHARACTERS} characters, got ${secret.length}: the command astranet-secret makes a good one`,
    )
  }
  // Typed as always there; browsers leave it out of pages that others could have changed.
  const { subtle } = crypto as Partial<Crypto>
  if (subtle !== undefined) return secret
  throw new TypeError(
    'secret needs WebCrypto, which browsers give to pages over https, and from localhost, only',
  )
}

/** What each link proves of `secret`. It is stretched once, with the first link: that takes some 0.2 s. */
export function proofOf(secret: string): HelloProof {
  let stretched: Promise<HelloProof> | undefined
  const ready = async (): Promise<HelloProof> => {
    try {
      return await (stretched ??= sharedSecretProof(secret))
    } catch (error) {
      // Memory may have been short: the next link tries anew.
      stretched = undefined
      throw error
    }
  }
  return {
    prove: async (input) => (await ready()).prove(input),
    verify: async (input, proof) => (await ready()).verify(input, proof),
  }
}
