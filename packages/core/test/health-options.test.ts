import { expect, test } from 'vitest'
import type { HealthOptions } from '../src/health/health-options.js'
import { checkHealth, type HealthPlan } from '../src/health/health-plan.js'
import { browser } from '../src/browser/platform.js'
import { nodejs } from '../src/nodejs/platform.js'

const check = (): boolean => true

function plan(
  options: unknown,
  platform: Pick<typeof nodejs, 'healthChecks'> = nodejs,
): HealthPlan | undefined {
  const origin = nodejs.callerOrigin(undefined)
  return checkHealth(options as HealthOptions, { checks: platform.healthChecks, origin })
}

test('defaults are those of HAProxy', () => {
  expect(plan(undefined)).toBe(undefined)
  expect(plan({ check })).toMatchObject({ intervalMs: 2_000, timeoutMs: 2_000, rise: 2, fall: 3 })
  const own = { intervalMs: 100, timeoutMs: 1, rise: 1_000, fall: 1 }
  expect(plan({ check, ...own })).toMatchObject(own)
})

const WRONG: readonly (readonly [
  options: unknown,
  error: typeof TypeError | typeof RangeError,
  text: RegExp,
])[] = [
  [null, TypeError, /^health must be an object, got null/],
  ['http://localhost', TypeError, /^health must be an object, got string/],
  [check, TypeError, /^health must be an object, got function/],
  [{}, TypeError, /^health must have exactly one of check, tcp and http, got 0/],
  [{ check, tcp: 'localhost:1' }, TypeError, /^health must have exactly one of .* got 2/],
  [{ check, tcp: 'localhost:1', http: 'http://a' }, TypeError, /^health must have exactly one of .* got 3/],
  [{ check: true }, TypeError, /^health\.check must be a function/],
  [{ check: null }, TypeError, /^health\.check must be a function, got null/],
  [{ check, expectedStatus: 200 }, TypeError, /^health\.expectedStatus is for health\.http only/],
  [{ tcp: 80 }, TypeError, /^health\.tcp must be a string/],
  ...[
    '',
    'localhost',
    ':80',
    'localhost:0',
    'localhost:65536',
    '::1:80',
    '[::1]',
    'a b:80',
    'http://a:80',
  ].map((tcp) => [{ tcp }, RangeError, /^health\.tcp must be "host:port"/] as const),
  [{ http: 80 }, TypeError, /^health\.http must be a string/],
  ...['', 'localhost', '/health', 'ftp://localhost/', 'http://'].map(
    (http) => [{ http }, RangeError, /^health\.http must be a URL of http or https/] as const,
  ),
  [{ http: 'http://user:geheim@localhost/' }, RangeError, /^health\.http must be a URL without a user name/],
  ...[99, 600, 200.5, NaN].map(
    (expectedStatus) =>
      [
        { http: 'http://a', expectedStatus },
        RangeError,
        /^health\.expectedStatus must be an integer/,
      ] as const,
  ),
  [{ http: 'http://a', expectedStatus: '200' }, TypeError, /^health\.expectedStatus must be a number/],
  [{ http: 'http://a', expectedStatus: [] }, RangeError, /^health\.expectedStatus must be a status, or/],
  [{ http: 'http://a', expectedStatus: [200] }, RangeError, /^health\.expectedStatus must be a status, or/],
  [{ http: 'http://a', expectedStatus: [200, 1] }, RangeError, /^health\.expectedStatus\[1\] must be/],
  [{ http: 'http://a', expectedStatus: ['2', 299] }, TypeError, /^health\.expectedStatus\[0\] must be/],
  [{ http: 'http://a', expectedStatus: [299, 200] }, RangeError, /^health\.expectedStatus must not end/],
  ...[99, 0, -1, NaN, Infinity, 2 ** 31].map(
    (intervalMs) => [{ check, intervalMs }, RangeError, /^health\.intervalMs must be from 100/] as const,
  ),
  [{ check, intervalMs: '2000' }, TypeError, /^health\.intervalMs must be a number/],
  ...[0, -1, NaN, 2 ** 31].map(
    (timeoutMs) => [{ check, timeoutMs }, RangeError, /^health\.timeoutMs must be from 1/] as const,
  ),
  [{ check, timeoutMs: null }, TypeError, /^health\.timeoutMs must be a number/],
  ...[0, 1.5, 1_001].map(
    (rise) => [{ check, rise }, RangeError, /^health\.rise must be an integer/] as const,
  ),
  ...[0, 1.5, 1_001].map(
    (fall) => [{ check, fall }, RangeError, /^health\.fall must be an integer/] as const,
  ),
  [{ check, fall: '3' }, TypeError, /^health\.fall must be a number/],
]

test.each(WRONG)('wrong options are named: %j', (options, error, text) => {
  expect(() => plan(options)).toThrow(error)
  expect(() => plan(options)).toThrow(text)
})

test('a password is not shown', () => {
  expect(() => plan({ http: 'http://user:geheim@localhost/' })).toThrow(/^((?!geheim).)*$/)
})

test.each(['localhost:1', '127.0.0.1:65535', '[::1]:443', 'db.example:5432'])(
  '%s is where a check connects',
  (tcp) => {
    expect(plan({ tcp })).toBeDefined()
  },
)

test('browsers have no sockets, and say what to use', () => {
  expect(() => plan({ tcp: 'localhost:80' }, browser)).toThrow(
    /^health\.tcp needs sockets, which browsers do not have: use health\.check or health\.http$/,
  )
  expect(plan({ check }, browser)).toBeDefined()
  expect(plan({ http: 'https://localhost/health', expectedStatus: 204 }, browser)).toBeDefined()
})
