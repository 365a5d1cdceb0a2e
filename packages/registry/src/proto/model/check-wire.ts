import { nodeIdFromBytes, type NodeId } from '@astranet/interface'
import { checkInteger, type NumberRange } from '@astranet/interface/check'

/** `value` when it is a list of `min` to `max` items. Otherwise throws a `TypeError` or `RangeError` that names it. */
export function checkList(
  value: unknown,
  rule: { readonly what: string; readonly min: number; readonly max: number },
): readonly unknown[] {
  const { what, min, max } = rule
  if (!Array.isArray(value)) throw new TypeError(`${what} must be a list, got ${typeof value}`)
  if (value.length < min || value.length > max) {
    throw new RangeError(`${what} must have ${min} to ${max} items, got ${value.length}`)
  }
  return value as readonly unknown[]
}

/** `value` when it is a node id in 8 bytes, as a node id. */
export function checkNodeIdBytes(value: unknown, what: string): NodeId {
  if (!(value instanceof Uint8Array) || value.length !== 8) throw new TypeError(`${what} must be 8 bytes`)
  return nodeIdFromBytes(value)
}

/** `value` when it is an integer from 0 to 2^53 - 1. */
export function checkCount(value: unknown, what: string): number {
  return checkInteger(what, value, { min: 0, max: Number.MAX_SAFE_INTEGER })
}

/** `value` when it is a boolean. */
export function checkFlag(value: unknown, what: string): boolean {
  if (typeof value !== 'boolean') throw new TypeError(`${what} must be a boolean, got ${typeof value}`)
  return value
}

/** `value` when it is a byte array of that length, or of a length in that range. */
export function checkBytes(value: unknown, what: string, length: number | NumberRange): Uint8Array {
  const { min, max } = typeof length === 'number' ? { min: length, max: length } : length
  if (!(value instanceof Uint8Array)) throw new TypeError(`${what} must be bytes, got ${typeof value}`)
  if (value.length < min || value.length > max) {
    throw new RangeError(`${what} must be ${min} to ${max} bytes, got ${value.length}`)
  }
  return value
}
