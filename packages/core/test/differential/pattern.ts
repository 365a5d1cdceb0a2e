import type { Side } from './operation.js'

/** What one side may write in one plan, bytes. */
export const MAX_BYTES = 4 * 1_024 * 1_024

/** What `unshift` puts back; in no pattern. */
export const UNSHIFTED = '#'.charCodeAt(0)

const FIRST = 40
const KINDS = 83

/** What each side writes, from its first byte: readable text that differs by side and repeats late. */
const PATTERNS: Readonly<Record<Side, Buffer>> = { near: pattern(3), far: pattern(17) }

/** The bytes that `side` writes from `offset` on. Nobody may change them. */
export function written(side: Side, offset: number, bytes: number): Buffer {
  if (offset + bytes > MAX_BYTES) throw new RangeError(`${side} would write more than ${MAX_BYTES} bytes`)
  return PATTERNS[side].subarray(offset, offset + bytes)
}

function pattern(salt: number): Buffer {
  const bytes = Buffer.allocUnsafe(MAX_BYTES)
  for (let index = 0; index < MAX_BYTES; index++)
    bytes[index] = FIRST + ((index * salt + (index >>> 6) * 7 + (index >>> 13) * 5) % KINDS)
  return bytes
}
