/** Bytes sent on each stream. */
export const PAYLOAD_BYTES = 64

/**
 * The bytes of stream number `index`: the number itself, then noise that starts from it. No two streams have the same,
 * so bytes that come back on the wrong stream are found, as are bytes that are lost, doubled or changed.
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

/** How many bytes of `chunk` are what `expected` has from `offset` on; one that is beyond its end is not. */
export function countEqual(chunk: Uint8Array, expected: Uint8Array, offset: number): number {
  let equal = 0
  for (let i = 0; i < chunk.length; i++) if (chunk[i] === expected[offset + i]) equal += 1
  return equal
}
