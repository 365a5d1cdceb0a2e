import {
  codedError,
  invalidArgument,
  invalidHiddenType,
  invalidType,
  invalidValue,
  invalidReturn,
  invalidState,
  outOfRange,
  badPort,
  renameArgument,
  type ArgumentError,
} from './argument-error.js'
import { suggestion } from './nearest.js'

export {
  badPort,
  codedError,
  invalidArgument,
  invalidHiddenType,
  invalidReturn,
  invalidState,
  invalidType,
  invalidValue,
  outOfRange,
  renameArgument,
  suggestion,
  type ArgumentError,
}

/*
 * The one set of checks of arguments. What they throw has the class, code and message of Node's own errors; `name` is
 * that of the argument, or `options.timeoutMs` for an option.
 */

/** The numbers from `min` to `max`, both included. */
export interface NumberRange {
  readonly min: number
  readonly max: number
}

/** `value` when it is an integer in `range`. Otherwise throws `ERR_INVALID_ARG_TYPE` or `ERR_OUT_OF_RANGE`. */
export function checkInteger(name: string, value: unknown, range: NumberRange): number {
  if (!Number.isInteger(value)) {
    if (typeof value !== 'number') throw invalidType(name, 'of type number', value)
    throw outOfRange(name, 'an integer', value)
  }
  return checkNumber(name, value, range)
}

/**
 * `value` when it is a number in `range`, which may end at `Infinity`. Otherwise throws `ERR_INVALID_ARG_TYPE` or
 * `ERR_OUT_OF_RANGE`.
 */
export function checkNumber(name: string, value: unknown, range: NumberRange): number {
  if (typeof value !== 'number') throw invalidType(name, 'of type number', value)
  const { min, max } = range
  if (value >= min && value <= max) return value
  throw outOfRange(name, max === Infinity ? `>= ${min}` : `>= ${min} && <= ${max}`, value)
}

/** `value` when it is a boolean. Otherwise throws `ERR_INVALID_ARG_TYPE`. */
export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw invalidType(name, 'of type boolean', value)
  return value
}

/** `value` when it is a string. Otherwise throws `ERR_INVALID_ARG_TYPE`. */
export function checkString(name: string, value: unknown): string {
  if (typeof value !== 'string') throw invalidType(name, 'of type string', value)
  return value
}

/** `value` when it is a function. Otherwise throws `ERR_INVALID_ARG_TYPE`. */
export function checkFunction<T>(name: string, value: T): T {
  if (typeof value !== 'function') throw invalidType(name, 'of type function', value)
  return value
}

/** `value` when it is an object. Otherwise throws `ERR_INVALID_ARG_TYPE`. */
export function checkObject<T>(name: string, value: T): T & object {
  if (typeof value !== 'object' || value === null) throw invalidType(name, 'of type object', value)
  return value
}

/** An object with the names of all options of `T`, whatever it has there. The compiler refuses one that leaves one out. */
export type OptionNames<T> = Readonly<Record<keyof T, unknown>>

/**
 * Returns `options` when it is an object and each of its own names is one of `known`, also where the value is
 * `undefined`. Otherwise throws `ERR_INVALID_ARG_TYPE`, or `ERR_INVALID_ARG_VALUE` that names the option, and the one
 * that it may be a slip of. `name` is that of the object: `options`, or `options.limits`.
 */
export function checkOptions<T>(name: string, options: T, known: OptionNames<NoInfer<T>>): T & object {
  const checked = checkObject(name, options)
  for (const key of Object.keys(checked)) {
    if (Object.hasOwn(known, key)) continue
    throw invalidArgument(`${name}.${key}`, `is not an option${suggestion(key, Object.keys(known))}`)
  }
  return checked
}

/** `value` when it is an array. Otherwise throws `ERR_INVALID_ARG_TYPE`. */
export function checkArray(name: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw invalidType(name, 'an instance of Array', value)
  return value
}

/** `value` when it is one of `allowed`. Otherwise throws `ERR_INVALID_ARG_VALUE`. */
export function checkOneOf<T extends string>(name: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value
  throw invalidValue(name, `must be one of: ${allowed.map((each) => `'${each}'`).join(', ')}`, value)
}

/** The length of the shortest secret that is accepted, in characters (UTF-16 units). */
export const MIN_SECRET_CHARACTERS = 16

/**
 * `secret` when it is a string of at least {@link MIN_SECRET_CHARACTERS} characters without white space at its ends.
 * Otherwise throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` or `ERR_OUT_OF_RANGE`, none of which shows it.
 * `advice` follows the message about a secret that is too short.
 */
export function checkSecret(name: string, secret: unknown, advice = ''): string {
  if (typeof secret !== 'string') throw invalidHiddenType(name, 'of type string')
  if (secret !== secret.trim()) {
    throw invalidArgument(
      name,
      'must not begin or end with white space, such as the line break of a file that it was read from',
    )
  }
  if (secret.length < MIN_SECRET_CHARACTERS)
    throw outOfRange(name, `at least ${MIN_SECRET_CHARACTERS} characters${advice}`, secret.length)
  return secret
}
