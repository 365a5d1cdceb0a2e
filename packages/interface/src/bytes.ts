const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The bytes of a text that has ASCII characters only, such as a label. */
export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** Whether both have the same bytes. Not for secrets: it takes longer the more they agree. */
export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false
  for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) return false
  return true
}

/** A copy of a part of `bytes`. `slice` of a Buffer of Node's is none: it refers to the same memory. */
export function copyBytes(bytes: Uint8Array, start = 0, end?: number): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end))
}

/** `bytes` as base64url without padding (RFC 4648, section 5). */
export function toBase64url(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let pending = 0
  for (const byte of bytes) {
    pending = ((pending << 8) | byte) & 0xffff
    bits += 8
    for (; bits >= 6; bits -= 6) text += ALPHABET[(pending >> (bits - 6)) & 63]
  }
  return bits === 0 ? text : text + ALPHABET[(pending << (6 - bits)) & 63]
}
