/** Bytes as lower-case hex. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

/** The bytes that `text` writes in hex. */
export function unhex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'))
}

/** `length` bytes: `first`, and each one more than the one before. */
export function counting(first: number, length = 32): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => first + index)
}

/** `bytes` with one bit the other way; `bit` counts from the first byte's lowest. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = new Uint8Array(bytes)
  copy[bit >> 3]! ^= 1 << (bit & 7)
  return copy
}
