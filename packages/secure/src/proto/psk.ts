import { checkSecret } from '@astranet/interface/check'

/** Stretches a secret: what OWASP asks for with SHA-256, some 0.2 s for each guess, and the same on both sides. */
export const PSK_ITERATIONS = 600_000

/** The salt. The same everywhere: two sides that share nothing but the secret have no other. */
export const PSK_SALT = 'astranet secure 1 psk'

/**
 * The text that is stretched: `secret` in Unicode's form NFC, since text that looks the same is the same secret.
 * Throws a `TypeError` or `RangeError` when it has fewer than 16 characters or white space at its ends.
 */
export function secretText(secret: string): string {
  return checkSecret('secret', secret, ': generateSecret() makes a good one').normalize('NFC')
}
