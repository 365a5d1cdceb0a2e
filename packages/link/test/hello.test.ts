import { encodeMessage } from '@astranet/frame/message'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkHelloFields,
  HelloLimit,
  helloFromWire,
  helloSize,
  helloToWire,
  type HelloFields,
} from '../src/proto/hello.js'

const token = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength,
  })

const hellos: fc.Arbitrary<HelloFields> = fc.record({
  incarnation: fc.maxSafeNat(),
  sequence: fc.maxSafeNat(),
  life: fc.option(fc.maxSafeNat(), { nil: undefined }),
  roles: fc.array(token(HelloLimit.ROLE_BYTES), { maxLength: HelloLimit.ROLES }),
  observedAddress: fc.option(token(HelloLimit.ADDRESS_BYTES), { nil: undefined }),
  ownEnd: fc.option(token(HelloLimit.ADDRESS_BYTES), { nil: undefined }),
  listenAddresses: fc.array(token(HelloLimit.ADDRESS_BYTES), { maxLength: HelloLimit.LISTEN_ADDRESSES }),
  features: fc.array(token(HelloLimit.FEATURE_BYTES), { maxLength: HelloLimit.FEATURES }),
  exporter: fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }), { nil: undefined }),
  grant: fc.option(fc.uint8Array({ minLength: 1, maxLength: HelloLimit.GRANT_BYTES }), { nil: undefined }),
})

const minimal = { i: 1 }

describe('HELLO', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(hellos, (hello) => {
        expect(helloFromWire(helloToWire(hello))).toEqual(hello)
      }),
    )
  })

  it('takes no more bytes than are counted for it, and 64 less at most', () => {
    fc.assert(
      fc.property(hellos, (hello) => {
        const bytes = encodeMessage(helloToWire(hello), { maxBytes: 100_000 }).length
        expect(helloSize(hello)).toBeGreaterThanOrEqual(bytes - 4)
        expect(helloSize(hello)).toBeLessThanOrEqual(bytes + 64)
      }),
    )
  })

  it('needs an incarnation only, and ignores keys it does not know', () => {
    expect(helloFromWire({ ...minimal, zz: [1], n: new Uint8Array(8) })).toEqual({
      incarnation: 1,
      sequence: 0,
      life: undefined,
      roles: [],
      observedAddress: undefined,
      ownEnd: undefined,
      listenAddresses: [],
      features: [],
      exporter: undefined,
      grant: undefined,
    })
  })

  it.each([
    ['a number', 5, 'not a map'],
    ['an array', [], 'not a map'],
    ['bytes', new Uint8Array(3), 'not a map'],
    ['nil', null, 'not a map'],
    ['no incarnation', {}, 'incarnation'],
    ['a negative incarnation', { ...minimal, i: -1 }, 'incarnation'],
    ['a fractional sequence', { ...minimal, s: 0.5 }, 'sequence'],
    ['a life that is text', { ...minimal, l: 'long' }, 'life'],
    ['a life beyond 2^53 - 1', { ...minimal, l: 2 ** 53 }, 'life'],
    ['roles that are no list', { ...minimal, r: 'router' }, 'roles'],
    ['nine roles', { ...minimal, r: Array(9).fill('a') }, 'roles'],
    ['a role of 33 bytes', { ...minimal, r: ['a'.repeat(33)] }, 'roles'],
    ['an empty role', { ...minimal, r: [''] }, 'roles'],
    ['a line end in an address', { ...minimal, a: ['tcp4://1.2.3.4:5\n'] }, 'addresses'],
    ['17 addresses', { ...minimal, a: Array(17).fill('a') }, 'addresses'],
    ['33 features', { ...minimal, f: Array(33).fill('a') }, 'features'],
    ['a numeric observed address', { ...minimal, o: 4 }, 'observed'],
    ['an exporter of 31 bytes', { ...minimal, x: new Uint8Array(31) }, 'exporter'],
    ['a text as exporter', { ...minimal, x: 'x'.repeat(32) }, 'exporter'],
    ['a grant of 2,049 bytes', { ...minimal, g: new Uint8Array(2_049) }, 'grant'],
    ['an empty grant', { ...minimal, g: new Uint8Array(0) }, 'grant'],
  ])('with %s is an error that says so', (_, value, words) => {
    const result = helloFromWire(value)
    expect(result).toMatchObject({ code: 'ASTRA_ERR_LINK_PROTOCOL' })
    expect((result as Error).message).toContain(words)
  })

  it('never throws on what a peer sends', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withTypedArray: true }),
        (value) => void helloFromWire(value),
      ),
    )
  })

  it('names the field that a caller got wrong', () => {
    const fine = { incarnation: 1, sequence: 0, roles: ['router'], listenAddresses: [], features: [] }
    expect(checkHelloFields(fine)).toBeUndefined()
    expect(checkHelloFields({ ...fine, incarnation: 1.5 })).toMatch(/^incarnation must be/)
    expect(checkHelloFields({ ...fine, life: -1 })).toMatch(/^life must be/)
    expect(checkHelloFields({ ...fine, features: ['with space'] })).toMatch(/^features must be/)
  })
})
