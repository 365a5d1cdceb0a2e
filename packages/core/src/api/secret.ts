import { checkSecret } from '@astranet/interface/check'
import { sharedSecretProof, type HelloProof } from '@astranet/link'

const GENERATED_BYTES = 32

/** A good secret for a network: 32 random bytes as 43 characters of base64url. */
export function generateSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(GENERATED_BYTES))
  const text = btoa(String.fromCharCode(...bytes))
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** `secret` when a network can have it here. Otherwise throws a TypeError or RangeError. */
export function checkNetworkSecret(secret: string): string {
  checkSecret(secret, ': the command astranet-secret makes a good one')
  // Its type says that it always exists; browsers leave it out of pages that others could have changed.
  const { subtle } = crypto as Partial<Crypto>
  if (subtle !== undefined) return secret
  throw new TypeError(
    'secret needs WebCrypto, which browsers give to pages over https, and from localhost, only',
  )
}

/** What each link proves of `secret`. It is stretched once, with the first link, which takes some 0.2 s. */
export function proofOf(secret: string): HelloProof {
  let stretched: Promise<HelloProof> | undefined
  const ready = async (): Promise<HelloProof> => {
    try {
      return await (stretched ??= sharedSecretProof(secret))
    } catch (error) {
      // Memory may have been short: the next link tries again.
      stretched = undefined
      throw error
    }
  }
  return {
    prove: async (input) => (await ready()).prove(input),
    verify: async (input, proof) => (await ready()).verify(input, proof),
  }
}
