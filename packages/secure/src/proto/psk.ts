/** Stretches a secret: what OWASP asks for with SHA-256, some 0.2 s for each guess, and the same on both sides. */
export const PSK_ITERATIONS = 600_000

/** The salt. The same everywhere: two sides that share nothing but the secret have no other. */
export const PSK_SALT = 'astranet secure 1 psk'

/** The shortest secret that is taken, in UTF-16 units. */
export const MIN_SECRET_CHARACTERS = 16

/**
 * The text that is stretched: `secret` in Unicode's form NFC, since text that looks the same is the same secret. Throws a
 * `TypeError` or `RangeError` when it is shorter than 16 characters or has white space at its ends.
 */
export function secretText(secret: string): string {
  if (typeof secret !== 'string') throw new TypeError(`secret must be a string, got ${typeof secret}`)
  if (secret !== secret.trim()) {
    throw new RangeError(
      'secret must not begin or end with white space, such as the line break of a file that it was read from',
    )
  }
  if (secret.length < MIN_SECRET_CHARACTERS) {
    throw new RangeError(
      `secret must have at least ${MIN_SECRET_CHARACTERS} characters, got ${secret.length}`,
    )
  }
  return secret.normalize('NFC')
}
