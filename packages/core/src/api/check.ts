import type { Clock } from '@astranet/interface'

/** The longest time that a timer can take, in ms. */
export const MAX_TIMEOUT_MS = 0x7fffffff

/** `value` when it is a time from `min` to 2^31 - 1 ms. Otherwise throws a TypeError or RangeError that names it. */
export function checkTimeout(name: string, value: number, min = 0): number {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number of ms, got ${typeof value}`)
  if (value >= min && value <= MAX_TIMEOUT_MS) return value
  throw new RangeError(`${name} must be from ${min} to ${MAX_TIMEOUT_MS}, got ${value}`)
}

/** `value` when it is a string. Otherwise throws a TypeError that names it. */
export function checkString(name: string, value: string): string {
  if (typeof value === 'string') return value
  throw new TypeError(`${name} must be a string, got ${value === null ? 'null' : typeof value}`)
}

/** `value` when it is an object of options. Otherwise throws a TypeError that names it. */
export function checkOptions<T extends object>(value: T, name = 'options'): T {
  if (typeof value === 'object' && value !== null) return value
  throw new TypeError(`${name} must be an object, got ${value === null ? 'null' : typeof value}`)
}

/** `value` when it is an AbortSignal or `undefined`. Otherwise throws a TypeError. */
export function checkSignal(value: AbortSignal | undefined): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value
  throw new TypeError('signal must be an AbortSignal')
}

/** `value` when it is a clock. Otherwise throws a TypeError. */
export function checkClock(value: Clock): Clock {
  const { now, setTimer, defer } = (value ?? {}) as Partial<Clock>
  if ([now, setTimer, defer].every((each) => typeof each === 'function')) return value
  throw new TypeError('clock must have the functions now, setTimer and defer')
}
