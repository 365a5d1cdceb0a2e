import type { WireInteger } from './varint.js'

// These functions read from positions that the caller has found to be inside the buffer (see `varintEnd`), so `!` is
// right.

/** What {@link readVarint} gives for every value above 2^53 - 1, which a number cannot hold exactly. */
export const SATURATED: number = 2 ** 53

/** The size in bytes of a variable-length integer, from its first byte (RFC 9000 section 16). */
export function varintSize(firstByte: number): number {
  return 1 << (firstByte >>> 6)
}

/** The position behind the integer at `at`, or 0 when it does not end by `limit`. */
export function varintEnd(bytes: Uint8Array, at: number, limit: number): number {
  if (at >= limit) return 0
  const end = at + varintSize(bytes[at]!)
  return end <= limit ? end : 0
}

/** The integer at `at`, exact up to 2^53 - 1 and {@link SATURATED} above. */
export function readVarint(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!
  if (first < 0x40) return first
  if (first < 0x80) return ((first & 0x3f) << 8) | bytes[at + 1]!
  if (first < 0xc0) return readTopBits(bytes, at)
  const high = readTopBits(bytes, at)
  return high < 0x20_0000 ? high * 0x1_0000_0000 + readLowBits(bytes, at + 4) : SATURATED
}

/** The integer at `at` as a limit: values above 2^53 - 1 become 2^53 - 1, which no sender of ours ever reaches. */
export function readLimit(bytes: Uint8Array, at: number): number {
  return Math.min(readVarint(bytes, at), Number.MAX_SAFE_INTEGER)
}

/** The integer at `at`, exact: a `bigint` above 2^53 - 1. */
export function readWireInteger(bytes: Uint8Array, at: number): WireInteger {
  const value = readVarint(bytes, at)
  if (value !== SATURATED) return value
  return (BigInt(readVarintHigh(bytes, at)) << 32n) | BigInt(readVarintLow(bytes, at))
}

/** The bits of the integer at `at` above the low 32: 0 to 2^30 - 1. */
export function readVarintHigh(bytes: Uint8Array, at: number): number {
  return bytes[at]! < 0xc0 ? 0 : readTopBits(bytes, at)
}

/** The low 32 bits of the integer at `at`, unsigned. */
export function readVarintLow(bytes: Uint8Array, at: number): number {
  return bytes[at]! < 0xc0 ? readVarint(bytes, at) : readLowBits(bytes, at + 4)
}

/** Whether the integer at `a` is larger than the one at `b`, exactly. */
export function isVarintLarger(bytes: Uint8Array, a: number, b: number): boolean {
  const highA = readVarintHigh(bytes, a)
  const highB = readVarintHigh(bytes, b)
  return highA !== highB ? highA > highB : readVarintLow(bytes, a) > readVarintLow(bytes, b)
}

/**
 * Whether `length` (below 2^53) bytes at the stream offset which is at `at` go beyond 2^62 - 1 (RFC 9000 section
 * 19.8).
 */
export function isBeyondLastOffset(bytes: Uint8Array, at: number, length: number): boolean {
  const carry = Math.floor((readVarintLow(bytes, at) + length) / 0x1_0000_0000)
  return readVarintHigh(bytes, at) + carry > 0x3fff_ffff
}

function readTopBits(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! & 0x3f) << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}

function readLowBits(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}
