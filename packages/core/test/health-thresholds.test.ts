import { expect, test } from 'vitest'
import { HealthThresholds, type Health } from '../src/health/health-thresholds.js'

/** The states after each result: `+` is a good one, `-` a bad one. */
function states(results: string, thresholds: { rise: number; fall: number }): string {
  const health = new HealthThresholds(thresholds)
  return [...results]
    .map((result) => {
      const before: Health = health.health
      const hasChanged = health.took(result === '+' ? 'passing' : 'failing')
      expect(hasChanged).toBe(health.health !== before)
      return health.health === 'passing' ? '+' : '-'
    })
    .join('')
}

test('the first result decides alone', () => {
  expect(states('-', { rise: 3, fall: 3 })).toBe('-')
  expect(states('+', { rise: 3, fall: 3 })).toBe('+')
})

test('a passing service fails at the third bad result in a row, and passes at the second good one', () => {
  expect(states('+--+---+-++-', { rise: 2, fall: 3 })).toBe('++++++----++')
})

test('with thresholds of one each result decides', () => {
  expect(states('+-+--+', { rise: 1, fall: 1 })).toBe('+-+--+')
})
