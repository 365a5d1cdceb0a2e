import { PSK_ITERATIONS, PSK_SALT, secretText } from '../proto/psk.js'
import type { CryptoProvider } from './provider.js'

const GENERATED_BYTES = 32

/** A good secret for a network: 32 random bytes as 43 characters of base64url. */
export function generateSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(GENERATED_BYTES))
  const base64 = btoa(String.fromCharCode(...bytes))
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** `derivePsk`, by the cryptography of `provider`. */
export async function derivePskWith(provider: CryptoProvider, secret: string): Promise<Uint8Array> {
  return provider.stretch(secretText(secret), PSK_SALT, PSK_ITERATIONS)
}
