/**
 * An error of a wrong argument, as Node makes them: `code` is one of Node's `ERR_*`, the message has Node's form and
 * begins with the name of the argument. A name with a dot is that of a property: `options.timeoutMs`.
 */
export interface ArgumentError extends Error {
  readonly code: string
}

/** An error of the class `Base` with one of Node's `ERR_*` codes, which `toString` shows, as Node's own do. */
export function codedError(Base: ErrorConstructor, code: string, message: string): ArgumentError {
  const error = Object.assign(new Base(message), { code })
  const toString = (): string => `${error.name} [${code}]: ${error.message}`
  Object.defineProperty(error, 'toString', { value: toString, enumerable: false, configurable: true })
  return error
}

/** `value` has the wrong type. `expected` says which it should have: `of type number`, `an instance of AbortSignal`. */
export function invalidType(name: string, expected: string, value: unknown): ArgumentError {
  const text = `The "${name}" ${kindOf(name)} must be ${expected}. Received ${describe(value)}`
  return codedError(TypeError, 'ERR_INVALID_ARG_TYPE', text)
}

/** As {@link invalidType}, without the value: for secrets. */
export function invalidHiddenType(name: string, expected: string): ArgumentError {
  return codedError(TypeError, 'ERR_INVALID_ARG_TYPE', `The "${name}" ${kindOf(name)} must be ${expected}`)
}

/** `value` has the right type and is wrong all the same. `reason` follows the name: `must be one of: 'a', 'b'`. */
export function invalidValue(name: string, reason: string, value: unknown): ArgumentError {
  return invalidArgument(name, `${reason}. Received ${inspect(value)}`)
}

/** As {@link invalidValue}, without the value: for secrets, and where the reason shows all there is. */
export function invalidArgument(name: string, reason: string): ArgumentError {
  return codedError(TypeError, 'ERR_INVALID_ARG_VALUE', `The ${kindOf(name)} '${name}' ${reason}`)
}

/** `value` is outside of its range: `an integer`, `>= 1 && <= 8`, `at most 255 bytes of UTF-8`. */
export function outOfRange(name: string, range: string, value: unknown): ArgumentError {
  const text = `The value of "${name}" is out of range. It must be ${range}. Received ${separated(value)}`
  return codedError(RangeError, 'ERR_OUT_OF_RANGE', text)
}

/** A port is none, or above the last one. */
export function badPort(name: string, value: unknown, max: number): ArgumentError {
  const text = `${name} should be >= 0 and < ${max + 1}. Received ${describe(value)}.`
  return codedError(RangeError, 'ERR_SOCKET_BAD_PORT', text)
}

/** A function of the program has returned something else than it must: `a boolean`, `an instance that it was given`. */
export function invalidReturn(expected: string, functionName: string, value: unknown): ArgumentError {
  const text = `Expected ${expected} to be returned from the "${functionName}" function but got ${describe(value)}.`
  return codedError(TypeError, 'ERR_INVALID_RETURN_VALUE', text)
}

/** A call comes too early or too late. */
export function invalidState(reason: string): ArgumentError {
  return codedError(TypeError, 'ERR_INVALID_STATE', `Invalid state: ${reason}`)
}

const NAMED =
  /^(The value of "|The "|The (?:argument|property) '|)([\w.[\]]+)(" (?:argument|property)|["']| should)/

/** Names the argument in the message of one of these errors otherwise; any other error stays as it is. */
export function renameArgument(error: unknown, rename: (name: string) => string): void {
  if (!(error instanceof Error) || !('code' in error)) return
  error.message = error.message.replace(NAMED, (_, before: string, name: string, after: string) => {
    const renamed = rename(name)
    const kind = kindOf(renamed)
    return before.replace(/argument|property/, kind) + renamed + after.replace(/argument|property/, kind)
  })
}

function kindOf(name: string): 'argument' | 'property' {
  return name.includes('.') ? 'property' : 'argument'
}

/** The longest text of a value of the wrong type. */
const MAX_DESCRIBED = 28

/** The longest text of a value. */
const MAX_INSPECTED = 128

/** The type of a value, and the value if it is short, as Node shows it. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'function') return `function ${value.name}`
  if (typeof value === 'object') {
    const name: unknown = (value.constructor as { name?: unknown } | undefined)?.name
    return typeof name === 'string' && name !== '' ? `an instance of ${name}` : '[Object: null prototype] {}'
  }
  return `type ${typeof value} (${inspect(value, MAX_DESCRIBED)})`
}

function inspect(value: unknown, maxLength = MAX_INSPECTED): string {
  if (typeof value === 'string') {
    const text = value.length > maxLength ? `${value.slice(0, maxLength - 3)}...` : value
    const isPlain = /^[^'\\\p{Cc}]*$/u.test(text)
    return isPlain ? `'${text}'` : JSON.stringify(text)
  }
  if (typeof value === 'bigint') return `${value}n`
  if (Object.is(value, -0)) return '-0'
  return typeof value === 'object' || typeof value === 'function' ? describe(value) : String(value)
}

/** Large whole numbers are shown with separators. */
function separated(value: unknown): string {
  const isLarge =
    typeof value === 'bigint' || (Number.isInteger(value) && Math.abs(value as number) > 2 ** 32)
  return isLarge ? inspect(value).replaceAll(/\B(?=(\d{3})+(?!\d))/g, '_') : inspect(value)
}
