import { checkEnvironment } from '@astranet/interface'
import { invalidValue } from '@astranet/interface/check'
import { checkString } from './check.js'

/**
 * Joins the parts of an environment with a slash, which no part may contain, so that different parts never give the
 * same environment; without a part it is the default environment. Throws a TypeError or RangeError that names what is
 * wrong.
 */
export function joinEnvironment(parts: readonly string[]): string {
  for (const part of parts) {
    if (checkString('environment', part) === '') throw invalidValue('environment', 'must not be empty', part)
    if (part.includes('/')) throw invalidValue('environment', 'must not contain "/" in a part', part)
  }
  return checkEnvironment(parts.join('/'))
}
