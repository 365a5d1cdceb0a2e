import { randomBytes } from 'node:crypto'
import { setDefaultResultOrder } from 'node:dns'
import { createServer, Socket } from 'node:net'
import { promisify } from 'node:util'
import {
  badPort,
  checkArray,
  checkBoolean,
  checkFunction,
  checkInteger,
  checkNumber,
  checkObject,
  checkOptions,
  checkOneOf,
  checkSecret,
  checkString,
  invalidReturn,
  invalidState,
  invalidValue,
  renameArgument,
} from '@astranet/interface/check'
import { describe, expect, it } from 'vitest'

const range = { min: 1, max: 10 }

/** Class, code, both texts and the own properties of what `call` throws. */
function thrown(call: () => unknown): readonly unknown[] {
  try {
    call()
  } catch (error) {
    const { name, code, message } = error as Error & { code?: string }
    return [name, code, message, String(error), Object.keys(error as Error)]
  }
  return []
}

it.each([1, 5, 10])('takes %d as an integer and as a number from 1 to 10', (value) => {
  expect(checkInteger('x', value, range)).toBe(value)
  expect(checkNumber('x', value, range)).toBe(value)
})

it('takes fractions as numbers only, and an end that is open', () => {
  expect(checkNumber('x', 1.5, range)).toBe(1.5)
  expect(() => checkInteger('x', 1.5, range)).toThrow(
    /"x" is out of range. It must be an integer. Received 1.5$/,
  )
  const open = { min: 2, max: Infinity }
  expect(checkNumber('x', Infinity, open)).toBe(Infinity)
  expect(() => checkNumber('x', 1, open)).toThrow(/It must be >= 2\. Received 1$/)
  expect(() => checkNumber('x', NaN, open)).toThrow(RangeError)
})

it('gives back what is right', () => {
  expect([checkBoolean('x', true), checkBoolean('x', false), checkString('x', '')]).toEqual([true, false, ''])
  for (const value of [range.toString, () => 1]) expect(checkFunction('x', value)).toBe(value)
  for (const value of [range, []]) expect(checkObject('x', value)).toBe(value)
  expect(checkOneOf('x', 'b', ['a', 'b'])).toBe('b')
})

const VALUES: readonly unknown[] = [
  'x',
  "a'b",
  'x'.repeat(28),
  'x'.repeat(29),
  7n,
  Symbol('s'),
  true,
  undefined,
  null,
  {},
  [],
  Object.create(null),
  function named() {},
]

describe('options that are not known', () => {
  interface Options {
    timeoutMs?: number
    tls?: object
  }
  const known = { timeoutMs: true, tls: true } as const
  const check = (options: unknown): unknown => checkOptions<Options>('options', options as Options, known)

  it('are refused, with the option that the name may be a slip of', () => {
    const error = (said: string) => expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE', message: said })
    expect(() => check({ tls: {}, tsl: {} })).toThrow(
      error(`The property 'options.tsl' is not an option, did you mean "tls"?`),
    )
    expect(() => check({ timeout: undefined })).toThrow(
      error(`The property 'options.timeout' is not an option, did you mean "timeoutMs"?`),
    )
    expect(() => check({ colour: 1 })).toThrow(error(`The property 'options.colour' is not an option`))
    expect(() => check({ toString: 1 })).toThrow(error(`The property 'options.toString' is not an option`))
  })

  it('are told apart from known ones, and from options that are no object', () => {
    for (const options of [{}, { tls: {} }, { timeoutMs: 1, tls: undefined }, Object.create({ tsl: 1 })])
      expect(check(options)).toBe(options)
    for (const options of [null, 5, 'tls', undefined])
      expect(() => check(options)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
  })
})

describe('an error is that of Node', () => {
  it.each(VALUES.map((value) => [value]))('for %o, which is no number', (value) => {
    expect(thrown(() => checkNumber('msecs', value, range))).toEqual(
      thrown(() => new Socket().setTimeout(value as never)),
    )
    expect(thrown(() => checkInteger('msecs', value, range))).toEqual(
      thrown(() => checkNumber('msecs', value, range)),
    )
  })

  it.each(['x', -0, 5, null, undefined, {}])('for %o, which is no function, boolean or array', (value) => {
    expect(thrown(() => checkFunction('original', value))).toEqual(thrown(() => promisify(value as never)))
    const autoSelectFamily = value as never
    if (value !== undefined && value !== null)
      expect(thrown(() => checkBoolean('options.autoSelectFamily', value))).toEqual(
        thrown(() => new Socket().connect({ port: 1, host: '127.0.0.1', autoSelectFamily })),
      )
    expect(thrown(() => checkArray('list', value)).slice(0, 2)).toEqual(['TypeError', 'ERR_INVALID_ARG_TYPE'])
  })

  it.each([-1, 2 ** 31, 2 ** 40, -(2 ** 50), NaN, Infinity])('for %d, which is out of range', (value) => {
    expect(thrown(() => checkNumber('size', value, { min: 0, max: 2 ** 31 - 1 }))).toEqual(
      thrown(() => randomBytes(value)),
    )
  })

  it.each(['x', "it's", 'x'.repeat(100), 5, null, undefined])('for %o, which is none of a list', (value) => {
    const allowed = ['ipv4first', 'ipv6first', 'verbatim']
    const own = thrown(() => checkOneOf('dnsOrder', value as string, allowed))
    const node = thrown(() => setDefaultResultOrder(value as never))
    const order = (text: unknown): string => String(text).replaceAll(/must be one of: .*\. R/g, 'R')
    expect(own.map(order)).toEqual(node.map(order))
  })

  it.each([65_536, -1, 1.5, '1x'])('for %o, which is no port', (port) => {
    expect(
      thrown(() => {
        throw badPort('options.port', port, 65_535)
      }),
    ).toEqual(thrown(() => createServer().listen({ port } as never)))
  })
})

it('a large value is cut, and a secret is never shown', () => {
  expect(invalidValue('x', 'is wrong', 'y'.repeat(1e6)).message.length).toBeLessThan(200)
  expect(checkSecret('secret', 'x'.repeat(16))).toBe('x'.repeat(16))
  const wrong: readonly [unknown, RegExp][] = [
    [1234567, /^The "secret" argument must be of type string$/],
    [`${'x'.repeat(16)}\n`, /^The argument 'secret' must not begin or end with white space/],
    [
      'x'.repeat(15),
      /^The value of "secret" is out of range. It must be at least 16 characters: try again. Received 15$/,
    ],
  ]
  for (const [secret, message] of wrong)
    expect(() => checkSecret('secret', secret, ': try again')).toThrow(message)
})

it('says what a function of the program may return, and that a call comes too early', () => {
  expect(
    thrown(() => {
      throw invalidReturn('a boolean', 'allow', 'yes')
    }).slice(0, 3),
  ).toEqual([
    'TypeError',
    'ERR_INVALID_RETURN_VALUE',
    `Expected a boolean to be returned from the "allow" function but got type string ('yes').`,
  ])
  expect(
    thrown(() => {
      throw invalidState('not ready')
    }).slice(1, 3),
  ).toEqual(['ERR_INVALID_STATE', 'Invalid state: not ready'])
})

it('the argument of an error can be named as the caller of another function knows it', () => {
  const renamed = (call: () => unknown): string => {
    try {
      call()
    } catch (error) {
      renameArgument(error, (name) => `options.${name}`)
      return String(error)
    }
    return ''
  }
  expect(renamed(() => checkInteger('weight', 'x', range))).toBe(
    `TypeError [ERR_INVALID_ARG_TYPE]: The "options.weight" property must be of type number. Received type string ('x')`,
  )
  expect(renamed(() => checkInteger('weight', 0, range))).toContain(
    'The value of "options.weight" is out of range',
  )
  expect(renamed(() => checkOneOf('health', 'x', ['a']))).toContain(
    "The property 'options.health' must be one of: 'a'",
  )
  expect(
    renamed(() => {
      throw badPort('port', 'x', 1)
    }),
  ).toContain('options.port should be >= 0 and < 2')
  expect(
    renamed(() => {
      throw new TypeError('The "x" argument is not mine')
    }),
  ).toBe('TypeError: The "x" argument is not mine')
})
