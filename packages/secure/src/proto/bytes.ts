/** The bytes of a text that has ASCII characters only, such as a domain label. */
export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** Whether every byte is 0. Takes the same time wherever a byte differs. */
export function isAllZero(bytes: Uint8Array): boolean {
  let combined = 0
  for (const byte of bytes) combined |= byte
  return combined === 0
}

/** Whether both have the same bytes. Not for secrets: it takes longer the more they agree. */
export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index])
}

/** An empty array, for what takes no associated data or payload. */
export const NO_BYTES: Uint8Array = new Uint8Array(0)

/** A copy of a part of `bytes`. `slice` of a Buffer of Node's is none: it refers to the same memory. */
export function copyBytes(bytes: Uint8Array, start: number, end?: number): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end))
}
