import { expect, test } from 'vitest'
import { readScaleArguments } from '../src/scale/scale-arguments.js'

test('without options it is 5,000 links, measured for 30 s, of which ten come and go in a second', () => {
  expect(readScaleArguments([])).toEqual({
    links: 5_000,
    seconds: 30,
    settleSeconds: 12,
    changesPerSecond: 10,
    tunnels: 10_000,
    rounds: 3,
    profile: undefined,
  })
  const options = ['--links', '10', '--seconds', '0.5', '--settle', '0', '--changes', '0', '--profile', 'x']
  expect(readScaleArguments(options)).toEqual({
    links: 10,
    seconds: 0.5,
    settleSeconds: 0,
    changesPerSecond: 0,
    tunnels: 10_000,
    rounds: 3,
    profile: 'x',
  })
  expect(readScaleArguments(['--help'])).toBe(undefined)
})

test.each([
  [['--links', '0'], /^--links must be a number of at least 1, got "0"/],
  [['--links', 'many'], /^--links must be a number/],
  [['--seconds=-1'], /^--seconds must be/],
  [['--settle', 'x'], /^--settle must be/],
  [['--changes=-1'], /^--changes must be/],
  [['--tunnels', '0'], /^--tunnels must be/],
  [['--rounds', '0'], /^--rounds must be/],
  [['--leaves', '1'], /--leaves/],
  [['hub'], /hub/],
])('%j is wrong, and the message says what', (args, message) => {
  expect(() => readScaleArguments(args)).toThrow(message)
})
