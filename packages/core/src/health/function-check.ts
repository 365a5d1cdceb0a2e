import type { Origin } from '../node/origin.js'
import type { HealthCheck } from './health-check.js'
import type { HealthCheckFunction } from './health-options.js'

/** @internal A check by a function of the program. Only `true` is good. */
export function functionCheck(check: HealthCheckFunction, origin: Origin): HealthCheck {
  return async (signal) => {
    const answer: unknown = await origin.runInAsyncScope(check, undefined, signal)
    if (answer === true) return undefined
    if (answer === false) return 'the check returned false'
    return `the check returned ${answer === null ? 'null' : typeof answer}, not true or false`
  }
}
