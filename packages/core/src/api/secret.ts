import { checkSecret } from '@astranet/interface/check'
import { derivePsk } from '@astranet/secure'

/** Gives the 32 bytes of a secret that a handshake proves; see {@link pskOf}. */
export type PskSource = () => Promise<Uint8Array>

/** `secret` when a network can have it. Otherwise throws a TypeError or RangeError. */
export function checkNetworkSecret(secret: string): string {
  return checkSecret('options.secret', secret, ': the command astranet-secret makes a good one')
}

/** The 32 bytes of `secret`. They are derived once, with the first link, which takes some 0.2 s. */
export function pskOf(secret: string): PskSource {
  let derived: Promise<Uint8Array> | undefined
  const derive = async (): Promise<Uint8Array> => {
    try {
      return await derivePsk(secret)
    } catch (error) {
      // Memory may have been short: the next link tries again.
      derived = undefined
      throw error
    }
  }
  return () => (derived ??= derive())
}
