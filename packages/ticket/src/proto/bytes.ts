/** The bytes of a text that has ASCII characters only, such as a label. */
export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** Whether two byte arrays are the same. Not for secrets: it takes longer the more they agree. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

/** A copy of a part of `bytes`. `slice` of a Buffer of Node's is none: it refers to the same memory. */
export function copyBytes(bytes: Uint8Array, start = 0, end?: number): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end))
}
