/*
 * Where the parts of stored entries lie. Each entry is its length (1, 2 or 4 bytes, a QUIC varint) and that many bytes
 * of msgpack. What is read here was checked before: it is one whole value in legal msgpack.
 */

/** The position of the msgpack of the entry at `at`. */
export function bodyStart(bytes: Uint8Array, at: number): number {
  return at + (1 << ((bytes[at] as number) >> 6))
}

/** The position behind the entry at `at`. */
export function entryEnd(bytes: Uint8Array, at: number): number {
  const size = 1 << ((bytes[at] as number) >> 6)
  let length = (bytes[at] as number) & 0x3f
  for (let index = 1; index < size; index++) length = length * 256 + (bytes[at + index] as number)
  return at + size + length
}

/** The sequence of the entry at `at`. */
export function entrySequence(bytes: Uint8Array, at: number): number {
  const start = firstItem(bytes, bodyStart(bytes, at))
  const head = bytes[start] as number
  if (head < 0x80) return head
  const view = new DataView(bytes.buffer, bytes.byteOffset + start + 1)
  switch (head) {
    case 0xca:
      return view.getFloat32(0)
    case 0xcb:
      return view.getFloat64(0)
    default:
      return uint(bytes, start + 1, 1 << (head & 3))
  }
}

/** Where the key of the entry at `at` starts and ends. */
export function keyRange(bytes: Uint8Array, at: number): { readonly start: number; readonly end: number } {
  const sequence = firstItem(bytes, bodyStart(bytes, at))
  const start = valueEnd(bytes, valueEnd(bytes, sequence))
  return { start, end: valueEnd(bytes, start) }
}

/** The position of the first item of the array at `at`. */
function firstItem(bytes: Uint8Array, at: number): number {
  const head = bytes[at]
  return at + (head === 0xdc ? 3 : head === 0xdd ? 5 : 1)
}

/** The position behind the value at `at`. */
function valueEnd(bytes: Uint8Array, at: number): number {
  const head = bytes[at] as number
  if (head < 0x80 || head >= 0xe0) return at + 1
  if (head < 0x90) return itemsEnd(bytes, at + 1, 2 * (head & 0x0f))
  if (head < 0xa0) return itemsEnd(bytes, at + 1, head & 0x0f)
  if (head < 0xc0) return at + 1 + (head & 0x1f)
  if (head < 0xc4) return at + 1
  if (head < 0xc7) return binaryEnd(bytes, at, 1 << (head - 0xc4))
  if (head < 0xcc) return at + 1 + (4 << (head - 0xca))
  if (head < 0xd4) return at + 1 + (1 << (head & 3))
  if (head < 0xdc) return binaryEnd(bytes, at, 1 << (head - 0xd9))
  const size = head & 1 ? 4 : 2
  const count = uint(bytes, at + 1, size)
  return itemsEnd(bytes, at + 1 + size, head < 0xde ? count : 2 * count)
}

function itemsEnd(bytes: Uint8Array, start: number, count: number): number {
  let at = start
  for (let left = count; left > 0; left--) at = valueEnd(bytes, at)
  return at
}

function binaryEnd(bytes: Uint8Array, at: number, size: number): number {
  return at + 1 + size + uint(bytes, at + 1, size)
}

function uint(bytes: Uint8Array, at: number, size: number): number {
  let value = 0
  for (let index = 0; index < size; index++) value = value * 256 + (bytes[at + index] as number)
  return value
}
