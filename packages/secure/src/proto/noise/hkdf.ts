import { concatBytes } from '@astranet/interface'
import type { Crypto } from '../crypto.js'

/** Noise's HKDF (section 4.3): two or three outputs of 32 bytes from a chaining key and further key material. */
export async function hkdf(
  crypto: Crypto,
  chainingKey: Uint8Array,
  material: Uint8Array,
  count: 2 | 3,
): Promise<Uint8Array[]> {
  const secret = await crypto.hmac(chainingKey, material)
  const outputs: Uint8Array[] = []
  for (let index = 1; index <= count; index++) {
    const previous = outputs[index - 2]
    const input =
      previous === undefined ? Uint8Array.of(index) : concatBytes([previous, Uint8Array.of(index)])
    outputs.push(await crypto.hmac(secret, input))
  }
  return outputs
}
