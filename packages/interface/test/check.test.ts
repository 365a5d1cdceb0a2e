import {
  checkBoolean,
  checkFunction,
  checkInteger,
  checkNumber,
  checkSecret,
} from '@astranet/interface/check'
import { expect, it } from 'vitest'

const range = { min: 1, max: 10 }

it.each([1, 5, 10])('takes %d as an integer and as a number from 1 to 10', (value) => {
  expect(checkInteger('x', value, range)).toBe(value)
  expect(checkNumber('x', value, range)).toBe(value)
})

it.each([0, 11, -1, Number.NaN, Infinity, -Infinity])('refuses %d, naming argument and range', (value) => {
  const integer = new RangeError(`size must be an integer from 1 to 10, got ${value}`)
  expect(() => checkInteger('size', value, range)).toThrow(integer)
  const number = new RangeError(`size must be a number from 1 to 10, got ${value}`)
  expect(() => checkNumber('size', value, range)).toThrow(number)
})

it('takes fractions as numbers only', () => {
  expect(checkNumber('x', 1.5, range)).toBe(1.5)
  expect(() => checkInteger('x', 1.5, range)).toThrow(RangeError)
})

it('names only the minimum of a range without end', () => {
  const open = { min: 2, max: Infinity }
  expect(checkNumber('x', Infinity, open)).toBe(Infinity)
  expect(() => checkNumber('x', 1, open)).toThrow(new RangeError('x must be at least 2, got 1'))
  expect(() => checkNumber('x', Number.NaN, open)).toThrow(RangeError)
})

it.each([
  ['7', 'string'],
  [7n, 'bigint'],
  [undefined, 'undefined'],
  [null, 'null'],
  [{}, 'object'],
])('refuses %s with a TypeError that says what it is', (value, kind) => {
  for (const check of [checkInteger, checkNumber])
    expect(() => check('x', value, range)).toThrow(new TypeError(`x must be a number, got ${kind}`))
  expect(() => checkBoolean('x', value)).toThrow(new TypeError(`x must be a boolean, got ${kind}`))
  expect(() => checkFunction('x', value)).toThrow(new TypeError(`x must be a function, got ${kind}`))
})

it('gives back a boolean and a function', () => {
  expect([checkBoolean('x', true), checkBoolean('x', false)]).toEqual([true, false])
  expect(checkFunction('x', range.toString)).toBe(range.toString)
})

it('takes a secret of 16 characters without white space at its ends', () => {
  expect(checkSecret('x'.repeat(16))).toBe('x'.repeat(16))
  expect(() => checkSecret(7)).toThrow(new TypeError('secret must be a string, got number'))
  expect(() => checkSecret(`${'x'.repeat(16)}\n`)).toThrow(/^secret must not begin or end with white space/)
  const short = new RangeError('secret must have at least 16 characters, got 15: try again')
  expect(() => checkSecret('x'.repeat(15), ': try again')).toThrow(short)
})
