/** The shortest secret that is taken, in characters (UTF-16 units). */
export const MIN_SECRET_CHARACTERS = 16

const GENERATED_BYTES = 32

/** A good shared secret: 32 random bytes as 43 characters of base64url. */
export function generateSecret(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(GENERATED_BYTES))).toString('base64url')
}

/** `secret` when it is a string of at least 16 characters without white space at its ends. Otherwise throws a `TypeError` or `RangeError`. */
export function checkSecret(secret: string): string {
  if (typeof secret !== 'string') throw new TypeError(`secret must be a string, got ${typeof secret}`)
  if (secret !== secret.trim()) {
    throw new RangeError(
      'secret must not begin or end with white space, such as the line break of a file that it was read from',
    )
  }
  if (secret.length < MIN_SECRET_CHARACTERS) {
    throw new RangeError(
      `secret must have at least ${MIN_SECRET_CHARACTERS} characters, got ${secret.length}: generateSecret() makes a good one`,
    )
  }
  return secret
}
