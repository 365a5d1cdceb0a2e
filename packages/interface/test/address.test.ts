import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkEnvironment,
  checkPort,
  checkServiceName,
  formatNodeId,
  isNodeIdText,
  MAX_PORT,
  parseAddress,
  toNodeId,
} from '@astranet/interface'

const ports = fc.integer({ min: 0, max: MAX_PORT })
const names = fc
  .string({ minLength: 1, maxLength: 40, unit: 'grapheme' })
  .filter((name) => !/[\p{Cc}\p{Cs}\s:/@]/u.test(name) && !isNodeIdText(name))
const nodeIds = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(toNodeId)

describe('an address', () => {
  it('is a service, a service with a port, a port on a node, or a port here', () => {
    fc.assert(
      fc.property(names, nodeIds, ports, (service, nodeId, port) => {
        expect(parseAddress(service)).toEqual({ kind: 'service', service, port: undefined })
        expect(parseAddress(`${service}:${port}`)).toEqual({ kind: 'service', service, port })
        expect(parseAddress(`${formatNodeId(nodeId)}:${port}`)).toEqual({ kind: 'node', nodeId, port })
        expect(parseAddress(`:${port}`)).toEqual({ kind: 'local', port })
      }),
    )
  })

  it('is read or refused with a TypeError or RangeError, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          expect(['service', 'node', 'local']).toContain(parseAddress(text).kind)
        } catch (error) {
          expect(error instanceof TypeError || error instanceof RangeError).toBe(true)
        }
      }),
    )
  })

  it('takes a node id in either case', () => {
    expect(parseAddress('NAAAAAAAAAAAAB:1')).toEqual({ kind: 'node', nodeId: 1n, port: 1 })
  })

  it('needs a port after a node id', () => {
    expect(() => parseAddress('naaaaaaaaaaaab')).toThrow(/without a port/)
  })

  it.each([
    '',
    ':',
    'name:',
    'name:x',
    'name:-1',
    'name:1.5',
    'a:b:1',
    'a b',
    'a/b',
    'a@b',
    'tab\t',
    'nul\0:1',
    '\ud800',
  ])('is not %j', (text) => expect(() => parseAddress(text)).toThrow(TypeError))

  it('has a port of at most 32 bits', () => {
    expect(() => parseAddress(':4294967296')).toThrow(RangeError)
  })

  it('is a string', () => {
    expect(() => parseAddress(7 as unknown as string)).toThrow(/"address" argument must be of type string/)
  })
})

describe('a service name', () => {
  it('has at most 255 bytes of UTF-8', () => {
    expect(checkServiceName('x'.repeat(255))).toHaveLength(255)
    expect(checkServiceName('€'.repeat(85))).toHaveLength(85)
    expect(() => checkServiceName('x'.repeat(256))).toThrow(RangeError)
    expect(() => checkServiceName('€'.repeat(85) + 'x')).toThrow(/Received 256$/)
    expect(() => checkServiceName('😀'.repeat(64))).toThrow(/Received 256$/)
  })
})

describe('an environment', () => {
  it.each(['', 'a', 'a/b', 'prod/eu-west/ж', 'x'.repeat(255)])('may be %j', (environment) => {
    expect(checkEnvironment(environment)).toBe(environment)
  })

  it.each([
    '/',
    'a/',
    '/a',
    'a//b',
    'a b',
    'a:b',
    'a@b',
    'a\u0000b',
    'naaaaaaaaaaaaa',
    'a/naaaaaaaaaaaaa',
    '\ud800',
  ])('is not %j', (environment) => {
    expect(() => checkEnvironment(environment)).toThrow(/^The argument 'environment' must (not|be well)/)
  })

  it('has at most 255 bytes in all its parts', () => {
    expect(() => checkEnvironment(`${'x'.repeat(127)}/${'x'.repeat(128)}`)).toThrow(RangeError)
    expect(() => checkEnvironment('x'.repeat(1e6))).toThrow(/^The value of "environment".*at most 255 bytes/)
    expect(() => checkEnvironment(1 as unknown as string)).toThrow(
      /^The "environment" argument must be of type string\. Received type number \(1\)$/,
    )
  })
})

describe('a port', () => {
  it.each([-1, 2 ** 32, 1.5, Number.NaN, Infinity])('is not %d', (port) => {
    expect(() => checkPort(port)).toThrow(RangeError)
  })

  it('is a number', () => {
    expect(() => checkPort('80' as unknown as number)).toThrow(
      /^port should be >= 0 and < 4294967296\. Received type string \('80'\)\.$/,
    )
    expect(checkPort(0)).toBe(0)
    expect(checkPort(MAX_PORT)).toBe(MAX_PORT)
  })
})
