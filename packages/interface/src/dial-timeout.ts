import { checkNumber } from './check.js'

/** The default of {@link DialOptions.timeoutMs}. */
export const DEFAULT_DIAL_TIMEOUT_MS = 10_000

/**
 * `timeoutMs` of {@link DialOptions}, with its default. Throws a `TypeError` or `RangeError` unless it is 0 or more.
 */
export function checkDialTimeout(timeoutMs: number | undefined): number {
  return checkNumber('options.timeoutMs', timeoutMs ?? DEFAULT_DIAL_TIMEOUT_MS, { min: 0, max: Infinity })
}
