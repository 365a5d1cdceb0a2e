import { toNodeId } from '@astranet/interface'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkHelloFields, HelloLimit, helloFromWire, helloToWire, type Hello } from '../src/proto/hello.js'

const token = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength,
  })

const hellos: fc.Arbitrary<Hello> = fc.record({
  nodeId: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(toNodeId),
  incarnation: fc.maxSafeNat(),
  sequence: fc.maxSafeNat(),
  life: fc.option(fc.maxSafeNat(), { nil: undefined }),
  roles: fc.array(token(HelloLimit.ROLE_BYTES), { maxLength: HelloLimit.ROLES }),
  observedAddress: fc.option(token(HelloLimit.ADDRESS_BYTES), { nil: undefined }),
  listenAddresses: fc.array(token(HelloLimit.ADDRESS_BYTES), { maxLength: HelloLimit.LISTEN_ADDRESSES }),
  features: fc.array(token(HelloLimit.FEATURE_BYTES), { maxLength: HelloLimit.FEATURES }),
  challenge: fc.option(fc.uint8Array({ maxLength: HelloLimit.CHALLENGE_BYTES }), { nil: undefined }),
  proof: fc.option(fc.uint8Array({ maxLength: HelloLimit.PROOF_BYTES }), { nil: undefined }),
})

const minimal = { n: new Uint8Array(8), i: 1 }

describe('HELLO', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(hellos, (hello) => {
        expect(helloFromWire(helloToWire(hello))).toEqual(hello)
      }),
    )
  })

  it('needs a node id and an incarnation only, and ignores keys it does not know', () => {
    expect(helloFromWire({ ...minimal, zz: [1], n2: 'x' })).toEqual({
      nodeId: 0n,
      incarnation: 1,
      sequence: 0,
      life: undefined,
      roles: [],
      observedAddress: undefined,
      listenAddresses: [],
      features: [],
      challenge: undefined,
      proof: undefined,
    })
  })

  it.each([
    ['a number', 5, 'not a map'],
    ['an array', [], 'not a map'],
    ['bytes', new Uint8Array(3), 'not a map'],
    ['nil', null, 'not a map'],
    ['a short id', { ...minimal, n: new Uint8Array(7) }, 'node id'],
    ['no incarnation', { n: new Uint8Array(8) }, 'incarnation'],
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
    ['a challenge of 65 bytes', { ...minimal, c: new Uint8Array(65) }, 'challenge'],
    ['a text as proof', { ...minimal, p: 'secret' }, 'proof'],
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
