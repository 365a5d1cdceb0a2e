/** Bytes sent on each stream. */
export const PAYLOAD_BYTES = 64

/**
 * The bytes of stream number `index`: the number, then pseudo-random bytes with the number as seed. No two streams have
 * equal bytes. So the comparison finds bytes on the wrong stream, and bytes that are lost, repeated or changed.
 */
export function payloadOf(index: number): Uint8Array {
  const bytes = new Uint8Array(PAYLOAD_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, index)
  // xorshift32 needs a state other than 0.
  let state = (index + 1) * 0x9e37_79b1
  for (let offset = 4; offset < PAYLOAD_BYTES; offset += 4) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    view.setUint32(offset, state >>> 0)
  }
  return bytes
}

/** The number of bytes of `chunk` that equal `expected` from `offset` on. Bytes beyond its end do not count. */
export function countEqual(chunk: Uint8Array, expected: Uint8Array, offset: number): number {
  let equal = 0
  for (let i = 0; i < chunk.length; i++) if (chunk[i] === expected[offset + i]) equal += 1
  return equal
}
