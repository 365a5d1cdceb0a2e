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
  const origin = nodejs.callerOrigin()
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
  [null, TypeError, /^The "options\.health" property must be of type object/],
  ['http://localhost', TypeError, /^The "options\.health" property must be of type object/],
  [check, TypeError, /^The "options\.health" property must be of type object/],
  [{}, TypeError, /^The property 'options\.health' must have exactly one of check, tcp and http, not 0/],
  [
    { check, tcp: 'localhost:1' },
    TypeError,
    /^The property 'options\.health' must have exactly one of check, tcp and http, not 2/,
  ],
  [
    { check, tcp: 'localhost:1', http: 'http://a' },
    TypeError,
    /^The property 'options\.health' must have exactly one of check, tcp and http, not 3/,
  ],
  [{ check: true }, TypeError, /^The "options\.health\.check" property must be of type function/],
  [{ check: null }, TypeError, /^The "options\.health\.check" property must be of type function/],
  [
    { check, expectedStatus: 200 },
    TypeError,
    /^The property 'options\.health\.expectedStatus' is for health\.http only/,
  ],
  [{ tcp: 80 }, TypeError, /^The "options\.health\.tcp" property must be of type string/],
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
  ].map((tcp) => [{ tcp }, TypeError, /^The property 'options\.health\.tcp' must be "host:port"/] as const),
  [{ http: 80 }, TypeError, /^The "options\.health\.http" property must be of type string/],
  ...['', 'localhost', '/health', 'ftp://localhost/', 'http://'].map(
    (http) =>
      [{ http }, TypeError, /^The property 'options\.health\.http' must be a URL of http or https/] as const,
  ),
  [
    { http: 'http://user:geheim@localhost/' },
    TypeError,
    /^The property 'options\.health\.http' must be a URL without a user name/,
  ],
  ...[99, 600, 200.5, NaN].map(
    (expectedStatus) =>
      [
        { http: 'http://a', expectedStatus },
        RangeError,
        /^The value of "options\.health\.expectedStatus" is out of range\. It must be /,
      ] as const,
  ),
  [
    { http: 'http://a', expectedStatus: '200' },
    TypeError,
    /^The "options\.health\.expectedStatus" property must be of type number/,
  ],
  [
    { http: 'http://a', expectedStatus: [] },
    TypeError,
    /^The property 'options\.health\.expectedStatus' must be a status, or/,
  ],
  [
    { http: 'http://a', expectedStatus: [200] },
    TypeError,
    /^The property 'options\.health\.expectedStatus' must be a status, or/,
  ],
  [
    { http: 'http://a', expectedStatus: [200, 1] },
    RangeError,
    /^The value of "options\.health\.expectedStatus\[1\]" is out of range\. It must be >= 100 && <= 599/,
  ],
  [
    { http: 'http://a', expectedStatus: ['2', 299] },
    TypeError,
    /^The "options\.health\.expectedStatus\[0\]" property must be of type number/,
  ],
  [
    { http: 'http://a', expectedStatus: [299, 200] },
    TypeError,
    /^The property 'options\.health\.expectedStatus' must not end/,
  ],
  ...[99, 0, -1, NaN, Infinity, 2 ** 31].map(
    (intervalMs) =>
      [
        { check, intervalMs },
        RangeError,
        /^The value of "options\.health\.intervalMs" is out of range\. It must be >= 100 && <= 2147483647/,
      ] as const,
  ),
  [
    { check, intervalMs: '2000' },
    TypeError,
    /^The "options\.health\.intervalMs" property must be of type number/,
  ],
  ...[0, -1, NaN, 2 ** 31].map(
    (timeoutMs) =>
      [
        { check, timeoutMs },
        RangeError,
        /^The value of "options\.health\.timeoutMs" is out of range\. It must be >= 1 && <= 2147483647/,
      ] as const,
  ),
  [
    { check, timeoutMs: null },
    TypeError,
    /^The "options\.health\.timeoutMs" property must be of type number/,
  ],
  ...[0, 1.5, 1_001].map(
    (rise) =>
      [
        { check, rise },
        RangeError,
        /^The value of "options\.health\.rise" is out of range\. It must be /,
      ] as const,
  ),
  ...[0, 1.5, 1_001].map(
    (fall) =>
      [
        { check, fall },
        RangeError,
        /^The value of "options\.health\.fall" is out of range\. It must be /,
      ] as const,
  ),
  [{ check, fall: '3' }, TypeError, /^The "options\.health\.fall" property must be of type number/],
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
    /^The property 'options\.health\.tcp' needs sockets, which browsers do not have: use health\.check or health\.http/,
  )
  expect(plan({ check }, browser)).toBeDefined()
  expect(plan({ http: 'https://localhost/health', expectedStatus: 204 }, browser)).toBeDefined()
})
