import { checkEnvironment } from '@astranet/interface'
import { checkString } from './check.js'

/**
 * Joins the parts of an environment with a slash, which no part may contain, so that different parts never give the
 * same environment; without a part it is the default environment. Throws a TypeError or RangeError that names what is
 * wrong.
 */
export function joinEnvironment(parts: readonly string[]): string {
  for (const part of parts) {
    if (checkString('environment', part) === '') throw new TypeError('environment must not be empty')
    if (part.includes('/'))
      throw new TypeError(`environment must not contain "/" in a part: ${JSON.stringify(part.slice(0, 64))}`)
  }
  return checkEnvironment(parts.join('/'))
}
