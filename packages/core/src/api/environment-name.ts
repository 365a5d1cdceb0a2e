import { checkServiceName } from '@astranet/interface'
import { checkString } from './check.js'

/**
 * Joins names of environments with a dot; without a name it is the default environment. Throws a TypeError or RangeError
 * unless the result could be a service's name.
 */
export function joinEnvironment(names: readonly string[]): string {
  if (names.length === 0) return ''
  for (const name of names) checkString('environment', name)
  try {
    return checkServiceName(names.join('.'))
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replace(/^service name/, 'environment')
    throw error
  }
}
