// The main entry runs where there is no TextEncoder; what it needs of UTF-8 is small.

/**
 * The size of the well-formed UTF-8 sequence at `at`: 1 to 4; or 0 when there is none before `end` (a stray or missing
 * continuation byte, an overlong form, a surrogate, a code point above U+10FFFF).
 */
export function utf8SequenceSize(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at]!
  if (first < 0x80) return 1
  const size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  if (size === 0 || at + size > end) return 0
  const second = bytes[at + 1]!
  // The range of the second byte excludes overlong forms, surrogates and what lies above U+10FFFF (Unicode table 3-7).
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < lowest || second > highest) return 0
  for (let i = at + 2; i < at + size; i++) if ((bytes[i]! & 0xc0) !== 0x80) return 0
  return size
}

/** The text in `bytes`; each byte that belongs to no well-formed sequence becomes U+FFFD. */
export function decodeUtf8Leniently(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length;) {
    const size = utf8SequenceSize(bytes, at, bytes.length)
    text += size === 0 ? '\ufffd' : String.fromCodePoint(codePointAt(bytes, at, size))
    at += size === 0 ? 1 : size
  }
  return text
}

/** How many of the first `limit` bytes remain when a sequence that the limit cuts in two is left out. */
export function utf8CutLength(bytes: Uint8Array, limit: number): number {
  if (bytes.length <= limit) return bytes.length
  let cut = limit
  while (cut > 0 && cut > limit - 3 && (bytes[cut]! & 0xc0) === 0x80) cut--
  return (bytes[cut]! & 0xc0) === 0x80 ? limit : cut
}

/**
 * The longest prefix of `text` that fits into `maxBytes` of UTF-8, encoded. Lone surrogates become U+FFFD.
 */
export function encodeUtf8Prefix(text: string, maxBytes: number): Uint8Array {
  const bytes: number[] = []
  for (const character of text) {
    if (bytes.length + sizeOf(character.codePointAt(0)!) > maxBytes) break
    pushCodePoint(bytes, character.codePointAt(0)!)
  }
  return Uint8Array.from(bytes)
}

function sizeOf(codePoint: number): number {
  return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x1_0000 ? 3 : 4
}

function pushCodePoint(bytes: number[], codePoint: number): void {
  const value = codePoint >= 0xd800 && codePoint < 0xe000 ? 0xfffd : codePoint
  if (value < 0x80) bytes.push(value)
  else if (value < 0x800) bytes.push(0xc0 | (value >> 6), 0x80 | (value & 0x3f))
  else if (value < 0x1_0000) bytes.push(0xe0 | (value >> 12), continuation(value >> 6), continuation(value))
  else
    bytes.push(0xf0 | (value >> 18), continuation(value >> 12), continuation(value >> 6), continuation(value))
}

function continuation(bits: number): number {
  return 0x80 | (bits & 0x3f)
}

function codePointAt(bytes: Uint8Array, at: number, size: number): number {
  if (size === 1) return bytes[at]!
  let value = bytes[at]! & (0x7f >> size)
  for (let i = at + 1; i < at + size; i++) value = (value << 6) | (bytes[i]! & 0x3f)
  return value
}
