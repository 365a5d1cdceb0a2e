import type { Clock } from '@astranet/interface'
import {
  checkNumber,
  checkObject,
  checkOptions,
  checkString,
  invalidType,
  type OptionNames,
} from '@astranet/interface/check'

export { checkObject, checkOptions, checkString, type OptionNames }

/** The longest time that a timer can take, in ms. */
export const MAX_TIMEOUT_MS = 0x7fffffff

/** `value` when it is a time from `min` to 2^31 - 1 ms. Otherwise throws an error that names it. */
export function checkTimeout(name: string, value: number, min = 0): number {
  return checkNumber(name, value, { min, max: MAX_TIMEOUT_MS })
}

/** `value` when it is an AbortSignal or `undefined`. Otherwise throws `ERR_INVALID_ARG_TYPE`. */
export function checkSignal(value: AbortSignal | undefined): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value
  throw invalidType('options.signal', 'an instance of AbortSignal', value)
}

/** `value` when it is a clock. Otherwise throws `ERR_INVALID_ARG_TYPE`. */
export function checkClock(value: Clock): Clock {
  const { now, setTimer, defer } = (value ?? {}) as Partial<Clock>
  if ([now, setTimer, defer].every((each) => typeof each === 'function')) return value
  throw invalidType('options.clock', 'a clock with the functions now, setTimer and defer', value)
}
