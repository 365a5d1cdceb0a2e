const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const VALUES = new Map([...ALPHABET].map((character, value) => [character, value]))

/** The number of characters that `bytes` bytes take. */
export function base64urlLength(bytes: number): number {
  return Math.ceil((bytes * 4) / 3)
}

/** The place of the first character that is not one of base64url; -1 when there is none. */
export function findForeignCharacter(text: string): number {
  return text.search(/[^A-Za-z0-9_-]/)
}

/** What a text of characters of base64url stands for. */
export interface DecodedText {
  readonly bytes: Uint8Array
  /** Whether it is what `toBase64url` makes of the bytes: no bits are left over, or those that are, are 0. */
  readonly isExact: boolean
}

/** Reads a text that has characters of base64url only. */
export function fromBase64url(text: string): DecodedText {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let length = 0
  let bits = 0
  let pending = 0
  for (const character of text) {
    pending = ((pending << 6) | (VALUES.get(character) ?? 0)) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[length++] = (pending >> bits) & 0xff
  }
  return { bytes, isExact: bits < 6 && (pending & ((1 << bits) - 1)) === 0 }
}
