import { nodeCrypto } from './node-modules.js'

export { MIN_SECRET_CHARACTERS } from '@astranet/interface/check'

const KEY_BYTES = 32
const GENERATED_BYTES = 32

/** About 0.1 s and 32 MiB for each guess. Both sides must use the same values, so they are part of the protocol. */
const SCRYPT = { N: 1 << 15, r: 8, p: 1, maxmem: 64 << 20 }

/**
 * The salt is the same everywhere, because the two sides share nothing but the secret. So an attacker can stretch a list of
 * guesses once for all networks. That is why short secrets are refused and generated ones are recommended.
 */
const SALT = 'astranet-1 shared secret'

/** A good shared secret: 32 random bytes as 43 characters of base64url. */
export function generateSecret(): string {
  return nodeCrypto().randomBytes(GENERATED_BYTES).toString('base64url')
}

/**
 * The key that both sides derive from the secret. Runs on Node's thread pool. Text that looks the same gives the same key
 * (Unicode's form NFC).
 */
export function stretchSecret(secret: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    nodeCrypto().scrypt(secret.normalize('NFC'), SALT, KEY_BYTES, SCRYPT, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}
