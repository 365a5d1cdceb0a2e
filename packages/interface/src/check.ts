/** The numbers from `min` to `max`, both included. */
export interface NumberRange {
  readonly min: number
  readonly max: number
}

/** `value` when it is an integer in `range`. Otherwise throws a `TypeError` or `RangeError` that starts with `name`. */
export function checkInteger(name: string, value: unknown, range: NumberRange): number {
  if (typeof value !== 'number') throw wrongType(name, 'a number', value)
  if (!Number.isInteger(value) || value < range.min || value > range.max) {
    throw new RangeError(`${name} must be an integer from ${range.min} to ${range.max}, got ${value}`)
  }
  return value
}

/**
 * `value` when it is a number in `range`, which may end at `Infinity`. Otherwise throws a `TypeError` or `RangeError` that
 * starts with `name`.
 */
export function checkNumber(name: string, value: unknown, range: NumberRange): number {
  if (typeof value !== 'number') throw wrongType(name, 'a number', value)
  const { min, max } = range
  if (value >= min && value <= max) return value
  const wanted = max === Infinity ? `at least ${min}` : `a number from ${min} to ${max}`
  throw new RangeError(`${name} must be ${wanted}, got ${value}`)
}

/** `value` when it is a boolean. Otherwise throws a `TypeError` that starts with `name`. */
export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw wrongType(name, 'a boolean', value)
  return value
}

/** `value` when it is a function. Otherwise throws a `TypeError` that starts with `name`. */
export function checkFunction<T>(name: string, value: T): T {
  if (typeof value !== 'function') throw wrongType(name, 'a function', value)
  return value
}

/** The length of the shortest secret that is accepted, in characters (UTF-16 units). */
export const MIN_SECRET_CHARACTERS = 16

/**
 * `secret` when it is a string of at least {@link MIN_SECRET_CHARACTERS} characters without white space at its ends.
 * Otherwise throws a `TypeError` or `RangeError`. `advice` follows the message about a secret that is too short.
 */
export function checkSecret(secret: unknown, advice = ''): string {
  if (typeof secret !== 'string') throw wrongType('secret', 'a string', secret)
  if (secret !== secret.trim()) {
    throw new RangeError(
      'secret must not begin or end with white space, such as the line break of a file that it was read from',
    )
  }
  if (secret.length < MIN_SECRET_CHARACTERS) {
    throw new RangeError(
      `secret must have at least ${MIN_SECRET_CHARACTERS} characters, got ${secret.length}${advice}`,
    )
  }
  return secret
}

function wrongType(name: string, wanted: string, value: unknown): TypeError {
  return new TypeError(`${name} must be ${wanted}, got ${value === null ? 'null' : typeof value}`)
}
