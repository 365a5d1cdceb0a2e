import type { WireInteger } from '@astranet/frame'

/** `code` when it is an application error code, an integer from 0 to 2^62 - 1; otherwise throws. */
export function checkErrorCode(code: WireInteger): WireInteger {
  if (typeof code === 'bigint') {
    if (code >= 0n && code < 1n << 62n) return code
  } else if (typeof code !== 'number') {
    throw new TypeError(`code must be a number or a bigint, got ${typeof code}`)
  } else if (Number.isSafeInteger(code) && code >= 0) return code
  throw new RangeError(`code must be an integer from 0 to 2^62 - 1, got ${code}`)
}

/** Throws a TypeError naming `name` unless `value` is a boolean. */
export function checkBoolean(name: string, value: boolean): boolean {
  if (typeof value !== 'boolean') throw new TypeError(`${name} must be a boolean, got ${typeof value}`)
  return value
}

/** `value` when it is an integer from `min` to `max`; otherwise throws a TypeError or RangeError naming `name`. */
export function checkInteger(name: string, value: number, range: { min: number; max: number }): number {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, got ${typeof value}`)
  if (!Number.isInteger(value) || value < range.min || value > range.max) {
    throw new RangeError(`${name} must be an integer from ${range.min} to ${range.max}, got ${value}`)
  }
  return value
}
