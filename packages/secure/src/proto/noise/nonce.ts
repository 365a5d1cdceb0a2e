import { NONCE_BYTES } from '../crypto.js'

/**
 * Writes a counter as the nonce of Noise's AESGCM (section 12.4): 4 bytes of zeros, then 64 bits big-endian. `count`
 * is a safe integer: a pipe that sent ten million records a second would reach 2^53 in 28 years.
 */
export function writeNonce(nonce: Uint8Array, count: number): void {
  const view = new DataView(nonce.buffer, nonce.byteOffset, NONCE_BYTES)
  view.setUint32(4, Math.floor(count / 0x1_0000_0000))
  view.setUint32(8, count % 0x1_0000_0000)
}

/** The nonce that only a change of key uses: the counter 2^64 - 1 (Noise, section 4.2). */
export const REKEY_NONCE: Uint8Array = Uint8Array.of(0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255)

/** What a change of key seals with {@link REKEY_NONCE}; the first 32 bytes of the outcome are the next key. */
export const REKEY_PLAINTEXT: Uint8Array = new Uint8Array(32)
