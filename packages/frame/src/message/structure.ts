import { utf8SequenceSize } from '../utf8.js'
import { MAX_MESSAGE_DEPTH } from './limits.js'

// What stands in place of a position when the bytes are not one legal value.
const CUT_OFF = -1
const TOO_DEEP = -2
const BAD_TYPE = -3
const BAD_KEY = -4
const BAD_TEXT = -5
const UNSAFE_INTEGER = -6

const FAULTS: Readonly<Record<number, string>> = {
  [CUT_OFF]: 'it is cut off',
  [TOO_DEEP]: `it nests deeper than ${MAX_MESSAGE_DEPTH} levels`,
  [BAD_TYPE]: 'it holds a type that messages do not have',
  [BAD_KEY]: 'it has a map key that is not a text, or is "__proto__"',
  [BAD_TEXT]: 'it holds a text that is not well-formed UTF-8',
  [UNSAFE_INTEGER]: 'it holds an integer that is not between -(2^53 - 1) and 2^53 - 1',
}

/**
 * What is wrong with `bytes[start, end)` as one message value, or `undefined`.
 *
 * A decoder of msgpack allocates an array for the count that its header announces, before the elements have been
 * seen, so a few nested headers could take gigabytes. This walks the structure first and allocates nothing: what
 * passes holds every element that it announces.
 */
export function findFault(bytes: Uint8Array, start: number, end: number): string | undefined {
  const next = skipValue(bytes, start, end, 0)
  if (next < 0) return FAULTS[next]
  return next === end ? undefined : `${end - next} bytes follow its value`
}

/** The position behind the value at `at`, or what is wrong with it. `depth` is the number of containers around it. */
function skipValue(bytes: Uint8Array, at: number, end: number, depth: number): number {
  if (at >= end) return CUT_OFF
  const head = bytes[at]!
  if (head < 0x80 || head >= 0xe0) return at + 1
  if (head < 0x90) return skipMap(bytes, at + 1, end, head & 0x0f, depth)
  if (head < 0xa0) return skipArray(bytes, at + 1, end, head & 0x0f, depth)
  if (head < 0xc0) return skipText(bytes, at + 1, end, head & 0x1f)
  if (head === 0xc0 || head === 0xc2 || head === 0xc3) return at + 1
  if (head >= 0xca && head <= 0xd3) return skipNumber(bytes, at, end)
  const sizeBytes = lengthSize(head)
  if (sizeBytes === 0) return BAD_TYPE
  const body = at + 1 + sizeBytes
  if (body > end) return CUT_OFF
  const count = readUint(bytes, at + 1, sizeBytes)
  if (head <= 0xc6) return count > end - body ? CUT_OFF : body + count
  if (head <= 0xdb) return skipText(bytes, body, end, count)
  return head <= 0xdd ? skipArray(bytes, body, end, count, depth) : skipMap(bytes, body, end, count, depth)
}

/** The size of the length field of bin, str, array and map headers; 0 for the types that messages do not have. */
function lengthSize(head: number): number {
  if (head >= 0xc4 && head <= 0xc6) return 1 << (head - 0xc4)
  if (head >= 0xd9 && head <= 0xdb) return 1 << (head - 0xd9)
  return head === 0xdc || head === 0xde ? 2 : head === 0xdd || head === 0xdf ? 4 : 0
}

function skipArray(bytes: Uint8Array, start: number, end: number, count: number, depth: number): number {
  if (depth >= MAX_MESSAGE_DEPTH) return TOO_DEEP
  if (count > end - start) return CUT_OFF
  let at = start
  for (let left = count; left > 0 && at >= 0; left--) at = skipValue(bytes, at, end, depth + 1)
  return at
}

function skipMap(bytes: Uint8Array, start: number, end: number, count: number, depth: number): number {
  if (depth >= MAX_MESSAGE_DEPTH) return TOO_DEEP
  if (2 * count > end - start) return CUT_OFF
  let at = start
  for (let left = count; left > 0 && at >= 0; left--) {
    if (at >= end) return CUT_OFF
    if (!isText(bytes[at]!) || isProto(bytes, at, end)) return BAD_KEY
    at = skipValue(bytes, at, end, depth + 1)
    if (at >= 0) at = skipValue(bytes, at, end, depth + 1)
  }
  return at
}

function skipText(bytes: Uint8Array, start: number, end: number, length: number): number {
  const textEnd = start + length
  if (textEnd > end) return CUT_OFF
  for (let at = start; at < textEnd;) {
    const size = utf8SequenceSize(bytes, at, textEnd)
    if (size === 0) return BAD_TEXT
    at += size
  }
  return textEnd
}

/** Floats and integers of fixed size, 0xca to 0xd3. */
function skipNumber(bytes: Uint8Array, at: number, end: number): number {
  const head = bytes[at]!
  const size = head < 0xcc ? 4 << (head - 0xca) : 1 << ((head - 0xcc) & 3)
  const next = at + 1 + size
  if (next > end) return CUT_OFF
  return (head === 0xcf || head === 0xd3) && !isSafeInteger(bytes, at) ? UNSAFE_INTEGER : next
}

function isSafeInteger(bytes: Uint8Array, at: number): boolean {
  const high = readUint(bytes, at + 1, 4)
  if (high < 0x20_0000) return true
  // In two's complement -(2^53 - 1) is 0xffe00000_00000001.
  if (bytes[at] !== 0xd3 || high < 0xffe0_0000) return false
  return high > 0xffe0_0000 || readUint(bytes, at + 5, 4) > 0
}

function isText(head: number): boolean {
  return (head >= 0xa0 && head < 0xc0) || (head >= 0xd9 && head <= 0xdb)
}

const PROTO: readonly number[] = [0x5f, 0x5f, 0x70, 0x72, 0x6f, 0x74, 0x6f, 0x5f, 0x5f]

/** Whether the text at `at` is `__proto__`, in any of its encodings. */
function isProto(bytes: Uint8Array, at: number, end: number): boolean {
  const head = bytes[at]!
  const sizeBytes = head < 0xc0 ? 0 : lengthSize(head)
  const body = at + 1 + sizeBytes
  if (body + PROTO.length > end) return false
  const length = head < 0xc0 ? head & 0x1f : readUint(bytes, at + 1, sizeBytes)
  return length === PROTO.length && PROTO.every((byte, index) => bytes[body + index] === byte)
}

function readUint(bytes: Uint8Array, at: number, size: number): number {
  let value = 0
  for (let i = 0; i < size; i++) value = value * 256 + bytes[at + i]!
  return value
}
