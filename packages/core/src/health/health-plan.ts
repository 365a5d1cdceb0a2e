import { checkFunction, checkInteger, invalidArgument, invalidValue } from '@astranet/interface/check'
import { checkOptions, checkString, checkTimeout, type OptionNames } from '../api/check.js'
import type { Origin } from '../node/origin.js'
import { checkExpectedStatus, statusFault } from './expected-status.js'
import { functionCheck } from './function-check.js'
import type { HealthCheck, HealthChecks, TcpTarget } from './health-check.js'
import type { HealthByFunction, HealthByHttp, HealthByTcp, HealthOptions } from './health-options.js'

const DEFAULT_INTERVAL_MS = 2_000
const MIN_INTERVAL_MS = 100
const DEFAULT_TIMEOUT_MS = 2_000
const DEFAULT_RISE = 2
const DEFAULT_FALL = 3
const THRESHOLD = { min: 1, max: 1_000 }

/** The options of all ways to check. */
type AnyHealth = Partial<HealthByFunction & HealthByTcp & HealthByHttp>

const HEALTH_OPTIONS: OptionNames<AnyHealth> = {
  intervalMs: true,
  timeoutMs: true,
  rise: true,
  fall: true,
  check: true,
  tcp: true,
  http: true,
  expectedStatus: true,
}

/** @internal Options of health, checked. */
export interface HealthPlan {
  readonly check: HealthCheck
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly rise: number
  readonly fall: number
}

/** @internal What making a plan needs. */
export interface HealthPlanParts {
  readonly checks: HealthChecks
  /** The context in which a function of the program is called: that of `bind`. */
  readonly origin: Origin
}

/**
 * @internal The plan of `bind`'s option `health`; `undefined` when there is none. Throws a TypeError or RangeError that
 * names the option that is wrong.
 */
export function checkHealth(
  options: HealthOptions | undefined,
  parts: HealthPlanParts,
): HealthPlan | undefined {
  if (options === undefined) return undefined
  const given = checkOptions<AnyHealth>('options.health', options, HEALTH_OPTIONS)
  const { intervalMs = DEFAULT_INTERVAL_MS, timeoutMs = DEFAULT_TIMEOUT_MS } = given
  const { rise = DEFAULT_RISE, fall = DEFAULT_FALL } = given
  return {
    check: checkOf(given, parts),
    intervalMs: checkTimeout('options.health.intervalMs', intervalMs, MIN_INTERVAL_MS),
    timeoutMs: checkTimeout('options.health.timeoutMs', timeoutMs, 1),
    rise: checkInteger('options.health.rise', rise, THRESHOLD),
    fall: checkInteger('options.health.fall', fall, THRESHOLD),
  }
}

function checkOf(options: AnyHealth, { checks, origin }: HealthPlanParts): HealthCheck {
  const { check, tcp, http, expectedStatus } = options
  const given = [check, tcp, http].filter((each) => each !== undefined)
  if (given.length !== 1) {
    throw invalidArgument(
      'options.health',
      `must have exactly one of check, tcp and http, not ${given.length}`,
    )
  }
  if (http === undefined && expectedStatus !== undefined) {
    throw invalidArgument('options.health.expectedStatus', 'is for health.http only')
  }
  if (check !== undefined) return functionCheck(checkFunction('options.health.check', check), origin)
  if (tcp !== undefined) return tcpCheckOf(tcp, checks)
  return httpCheckOf(http as string, expectedStatus, checks)
}

function tcpCheckOf(text: string, { tcp }: HealthChecks): HealthCheck {
  const target = readTarget(checkString('options.health.tcp', text))
  if (tcp !== undefined) return tcp(target)
  throw invalidArgument(
    'options.health.tcp',
    'needs sockets, which browsers do not have: use health.check or health.http',
  )
}

function readTarget(text: string): TcpTarget {
  const [, bracketed, name, digits] = /^(?:\[([^[\]]+)\]|([^[\]:\s/@]+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? name
  const port = Number(digits)
  if (host !== undefined && port >= 1 && port <= 0xffff) return { host, port }
  throw invalidValue(
    'options.health.tcp',
    'must be "host:port" or "[IPv6]:port" with a port from 1 to 65535',
    text,
  )
}

function httpCheckOf(text: string, expectedStatus: unknown, { httpStatus }: HealthChecks): HealthCheck {
  const url = readUrl(checkString('options.health.http', text))
  const expected = checkExpectedStatus(expectedStatus)
  return async (signal) => statusFault(await httpStatus(url, signal), expected)
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw invalidValue('options.health.http', 'must be a URL of http or https', text)
  }
  // A password is not shown.
  if (url.username === '' && url.password === '') return url
  throw invalidArgument('options.health.http', 'must be a URL without a user name and password')
}
