/**
 * An integer of the wire, 0 to 2^62 - 1. It is a `bigint` only above 2^53 - 1, so two equal values always have the
 * same type.
 */
export type WireInteger = number | bigint

/** The largest value of a QUIC variable-length integer (RFC 9000 section 16): 2^62 - 1. */
export const MAX_WIRE_INTEGER: bigint = 2n ** 62n - 1n

const TWO_TO_32 = 0x1_0000_0000

/** Bytes that {@link writeVarint} takes for `value` (0 to 2^53 - 1, not checked): 1, 2, 4 or 8. */
export function varintLength(value: number): 1 | 2 | 4 | 8 {
  return value < 0x40 ? 1 : value < 0x4000 ? 2 : value < 0x4000_0000 ? 4 : 8
}

/**
 * Writes `value` (0 to 2^53 - 1, not checked) as a variable-length integer in its shortest form (RFC 9000 section 16).
 * Returns the offset behind it. The caller made room; bytes outside of `target` are lost.
 */
export function writeVarint(target: Uint8Array, offset: number, value: number): number {
  if (value < 0x40) {
    target[offset] = value
    return offset + 1
  }
  if (value < 0x4000) {
    target[offset] = 0x40 | (value >>> 8)
    target[offset + 1] = value
    return offset + 2
  }
  if (value < 0x4000_0000) return writeFourBytes(target, offset, 0x8000_0000 | value)
  return writeVarintHalves(target, offset, Math.floor(value / TWO_TO_32), value >>> 0)
}

/**
 * Writes `value` in exactly `length` bytes, longer than the shortest form if need be: for a record's Size that is
 * filled in when the record is complete. Returns the offset behind it. Not checked: that `value` fits.
 */
export function writeVarintOfLength(
  target: Uint8Array,
  offset: number,
  value: number,
  length: 1 | 2 | 4 | 8,
): number {
  if (length === 1) {
    target[offset] = value
    return offset + 1
  }
  if (length === 2) {
    target[offset] = 0x40 | (value >>> 8)
    target[offset + 1] = value
    return offset + 2
  }
  if (length === 4) return writeFourBytes(target, offset, 0x8000_0000 | value)
  return writeEightBytes(target, offset, Math.floor(value / TWO_TO_32), value >>> 0)
}

/**
 * Writes the value `high * 2^32 + low` (`high` below 2^30, `low` below 2^32, not checked) in its shortest form.
 * Returns the offset behind it.
 */
export function writeVarintHalves(target: Uint8Array, offset: number, high: number, low: number): number {
  if (high === 0 && low < 0x4000_0000) return writeVarint(target, offset, low)
  return writeEightBytes(target, offset, high, low)
}

/** Bytes that {@link writeWireInteger} takes for `value`: 1, 2, 4 or 8. */
export function wireIntegerLength(value: WireInteger): 1 | 2 | 4 | 8 {
  return typeof value === 'number'
    ? varintLength(value)
    : value < 0x4000_0000n
      ? varintLength(Number(value))
      : 8
}

/**
 * Writes `value`, a number or a bigint, in its shortest form. Returns the offset behind it. Throws a `RangeError`
 * unless it is an integer from 0 to 2^62 - 1 (as a number at most 2^53 - 1).
 */
export function writeWireInteger(target: Uint8Array, offset: number, value: WireInteger): number {
  checkWireInteger('value', value)
  if (typeof value === 'number') return writeVarint(target, offset, value)
  return writeVarintHalves(target, offset, Number(value >> 32n), Number(value & 0xffff_ffffn))
}

/** `value` when it is an integer of the wire; otherwise throws a `RangeError` that names it `name`. */
export function checkWireInteger(name: string, value: WireInteger): WireInteger {
  const isValid =
    typeof value === 'bigint'
      ? value >= 0n && value <= MAX_WIRE_INTEGER
      : Number.isSafeInteger(value) && value >= 0
  if (!isValid) {
    throw new RangeError(
      `${name} must be an integer from 0 to 2^62 - 1 (a bigint above 2^53 - 1), got ${value}`,
    )
  }
  return value
}

function writeFourBytes(target: Uint8Array, offset: number, bits: number): number {
  target[offset] = bits >>> 24
  target[offset + 1] = bits >>> 16
  target[offset + 2] = bits >>> 8
  target[offset + 3] = bits
  return offset + 4
}

function writeEightBytes(target: Uint8Array, offset: number, high: number, low: number): number {
  writeFourBytes(target, offset, 0xc000_0000 | high)
  return writeFourBytes(target, offset + 4, low)
}
