import { AstraError } from '@astranet/interface'
import { generateIdentity } from '@astranet/secure'
import { describe, expect, test } from 'vitest'
import { generateGrantId, grantPsk, MAX_GRANT_BYTES, readGrant, signGrant } from '../src/index.js'
import { counting, flipped, hex, unhex } from './support/bytes.js'
import { codeOf } from './support/codes.js'
import { identityOf } from './support/identities.js'
import {
  grantOf,
  messageOf,
  msgpack,
  prefixed,
  publicKeyOf,
  signatureOf,
  vectorInput,
  type Value,
} from './support/reference.js'
import { issuer, vectorGrant, vectorTerms } from './support/vectors.js'
import { byWebCrypto } from './support/by-web-crypto.js'

const signer = await identityOf(vectorInput.privateKey)
const { id, roles, services, uses, expiresAt } = vectorTerms
const entries = [
  ['node:crypto', readGrant],
  ['WebCrypto', byWebCrypto.readGrant],
] as const

/** A grant whose terms are these bytes, signed as if they were right. */
function signedMessage(message: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(1), message, signatureOf(message)])
}

/** The terms of the vector, with some fields replaced by their places. */
function terms(changes: Readonly<Record<number, Value>> = {}): Value[] {
  return [id, issuer, roles, services, uses, expiresAt].map((field, index) => changes[index] ?? field)
}

describe.each(entries)('readGrant by %s', (_, read) => {
  test('takes what signGrant has made, without services too', async () => {
    const identity = await generateIdentity()
    const grant = await signGrant(identity, { id, roles: [], uses: 65_535, expiresAt: 0 })
    expect(await read(grant)).toEqual({
      id,
      issuer: new Uint8Array(identity.publicKey),
      roles: [],
      uses: 65_535,
      expiresAt: 0,
    })
  })

  test('refuses every truncation, as no grant', async () => {
    for (let length = 0; length < vectorGrant.length; length++)
      expect([length, await codeOf(read(vectorGrant.subarray(0, length)))]).toEqual([
        length,
        'ASTRA_ERR_TICKET_INVALID',
      ])
  })

  test('refuses every flipped bit; in the signature and the values as a forgery', async () => {
    const forged = new Set<number>()
    for (let bit = 0; bit < 8 * vectorGrant.length; bit++) {
      const code = await codeOf(read(flipped(vectorGrant, bit)))
      expect([bit, code]).toEqual([bit, expect.stringMatching(/^ASTRA_ERR_TICKET_(INVALID|FORGED)$/)])
      if (code === 'ASTRA_ERR_TICKET_FORGED') forged.add(bit >> 3)
    }
    const signature = Array.from({ length: 64 }, (_, index) => vectorGrant.length - 64 + index)
    expect([...forged]).toEqual(expect.arrayContaining(signature))
    // The bytes of id and issuer: version, varint, array, and a header of two bytes are before them.
    for (const place of [6, 21, 24, 55]) expect(forged).toContain(place)
  })

  test('refuses the terms of one grant with the signature of another', async () => {
    const other = await signGrant(signer, { ...vectorTerms, uses: 4 })
    const mixed = Buffer.concat([other.subarray(0, -64), vectorGrant.subarray(-64)])
    expect(await codeOf(read(mixed))).toBe('ASTRA_ERR_TICKET_FORGED')
  })

  test('refuses a signature of another key, and one without the label', async () => {
    expect(await codeOf(read(grantOf(terms(), counting(0x40))))).toBe('ASTRA_ERR_TICKET_FORGED')
    const message = messageOf(terms())
    const bare = Buffer.concat([Uint8Array.of(1), message, await signer.sign(message)])
    expect(await codeOf(read(bare))).toBe('ASTRA_ERR_TICKET_FORGED')
  })

  test('refuses an issuer of low order, for which anybody can sign', async () => {
    // With the neutral element as the key, R = 1 and S = 0 are a signature over everything.
    const neutral = Uint8Array.of(1, ...new Uint8Array(31))
    const message = messageOf(terms({ 1: neutral }))
    const grant = Buffer.concat([Uint8Array.of(1), message, neutral, new Uint8Array(32)])
    await expect(read(grant)).rejects.toMatchObject({
      code: 'ASTRA_ERR_TICKET_FORGED',
      message: expect.stringContaining('low order'),
    })
  })
})

describe('readGrant', () => {
  test('names an unknown version', async () => {
    await expect(readGrant(Uint8Array.of(2, ...vectorGrant.subarray(1)))).rejects.toMatchObject({
      code: 'ASTRA_ERR_TICKET_INVALID',
      message: expect.stringContaining('version 2'),
    })
  })

  const body = msgpack(terms())
  /** The terms with another encoding of a value, both in hex. */
  const replaced = (from: string, to: string): Uint8Array => {
    expect(hex(body).split(from)).toHaveLength(2)
    return unhex(hex(body).replace(from, to))
  }
  test.each([
    ['bytes behind the terms', Buffer.concat([messageOf(terms()), Uint8Array.of(0xc0)])],
    ['a second value in the terms', prefixed(Buffer.concat([body, Uint8Array.of(0xc0)]))],
    ['a longer varint', Buffer.concat([Uint8Array.of(0x80, 0, 0, body.length), body])],
    ['a longer array header', prefixed(Buffer.concat([Uint8Array.of(0xdc, 0, 6), body.subarray(1)]))],
    ['a longer integer', prefixed(replaced('03cf', 'cc03cf'))],
    ['a signed integer', prefixed(replaced('cf0000', 'd30000'))],
    ['a float', prefixed(replaced('03cf', 'ca40400000cf'))],
    ['a longer text header', prefixed(replaced('a56361', 'd9056361'))],
    ['a map', prefixed(Buffer.concat([Uint8Array.of(0x81, 0xa1, 0x61), body]))],
    ['a map with the key __proto__', prefixed(Buffer.concat([Uint8Array.of(0x81), text('__proto__'), body]))],
    ['a map in place of a list', messageOf(terms()).fill(0x80, 55, 56)],
    ['33 levels', prefixed(Buffer.concat([Buffer.alloc(33, 0x91), Uint8Array.of(0xc0)]))],
    ['1,900 levels', prefixed(Buffer.concat([Buffer.alloc(1_900, 0x91), Uint8Array.of(0xc0)]))],
    ['an array of 2^32 - 1', prefixed(Buffer.from('ddffffffff', 'hex'))],
    ['a map of 2^32 - 1', prefixed(Buffer.from('dfffffffff', 'hex'))],
    ['bytes of 2^32 - 1', prefixed(Buffer.from('96c6ffffffff00', 'hex'))],
    ['a message of 2^62 - 1', Buffer.from('ffffffffffffffff', 'hex')],
    ['an extension', prefixed(Buffer.from('d4ff00', 'hex'))],
    ['seven fields', messageOf([...terms(), null])],
    ['five fields', messageOf(terms().slice(0, 5))],
  ])('refuses terms with %s, signed or not', async (_, message) => {
    expect(await codeOf(readGrant(signedMessage(message)))).toBe('ASTRA_ERR_TICKET_INVALID')
  })

  test.each<[string, Value[], string]>([
    ['an id of zeros', terms({ 0: new Uint8Array(16) }), 'id'],
    ['an id of 15 bytes', terms({ 0: counting(1, 15) }), 'id'],
    ['an issuer of 33 bytes', terms({ 1: counting(1, 33) }), 'issuer'],
    ['a role with a space', terms({ 2: ['a b'] }), 'roles[0]'],
    ['a role with a slash', terms({ 2: ['a/b'] }), 'roles[0]'],
    ['a service with a port', terms({ 3: ['a', 'b:1'] }), 'services[1]'],
    ['a service with two slashes in a row', terms({ 3: ['a//c'] }), 'services[0]'],
    ['an environment alone', terms({ 3: ['a/'] }), 'services[0]'],
    ['an empty role', terms({ 2: ['a', ''] }), 'roles[1]'],
    ['a role of 65 characters', terms({ 2: ['a'.repeat(65)] }), 'roles[0]'],
    ['17 roles', terms({ 2: Array.from({ length: 17 }, () => 'a') }), 'roles'],
    ['roles that are a text', terms({ 2: 'a' }), 'roles'],
    ['33 services', terms({ 3: Array.from({ length: 33 }, () => 'a') }), 'services'],
    ['a service with a line break', terms({ 3: ['a\nb'] }), 'services[0]'],
    ['a service of 512 bytes', terms({ 3: ['é'.repeat(256)] }), 'services[0]'],
    ['no uses', terms({ 4: 0 }), 'uses'],
    ['65,536 uses', terms({ 4: 65_536 }), 'uses'],
    ['uses that are a text', terms({ 4: '3' }), 'uses'],
    ['a time above that of a Date', terms({ 5: 8_640_000_000_000_001 }), 'expiresAt'],
  ])('refuses %s, and names the field', async (_, fields, name) => {
    await expect(readGrant(signedMessage(messageOf(fields)))).rejects.toMatchObject({
      code: 'ASTRA_ERR_TICKET_INVALID',
      message: expect.stringContaining(`: ${name} must be`),
    })
  })

  test('keeps none of the bytes that it was given', async () => {
    const grant = Buffer.from(vectorGrant)
    const read = await readGrant(grant)
    grant.fill(0)
    expect(read).toEqual({ ...vectorTerms, issuer: new Uint8Array(issuer) })
  })

  test('looks at no more than the bytes of the largest grant', async () => {
    await expect(readGrant(new Uint8Array(MAX_GRANT_BYTES + 1))).rejects.toMatchObject({
      code: 'ASTRA_ERR_TICKET_INVALID',
      message: expect.stringContaining('more than the 2048'),
    })
    await expect(readGrant('a' as never)).rejects.toThrow(TypeError)
  })
})

describe('signGrant', () => {
  test('makes grants of up to 2,048 bytes', async () => {
    const sized = (length: number): Promise<Uint8Array> =>
      signGrant(signer, {
        ...vectorTerms,
        services: [...Array.from({ length: 7 }, () => 'a'.repeat(247)), 'a'.repeat(length)],
      })
    const smallest = (await sized(32)).length - 32
    const largest = await sized(MAX_GRANT_BYTES - smallest)
    expect(largest).toHaveLength(MAX_GRANT_BYTES)
    expect((await readGrant(largest)).services).toHaveLength(8)
    await expect(sized(MAX_GRANT_BYTES - smallest + 1)).rejects.toThrow(
      /"terms".* must be at most 2048 bytes as a grant.* Received 2049$/,
    )
  })

  test.each([
    ['terms.id', { id: counting(1, 17) }, RangeError],
    ['terms.id', { id: new Uint8Array(16) }, RangeError],
    ['terms.id', { id: 'abc' as never }, TypeError],
    ['terms.roles', { roles: undefined as never }, TypeError],
    ['terms.roles[1]', { roles: ['a', 'ü'] }, RangeError],
    ['terms.services[0]', { services: ['\ud800'] }, RangeError],
    ['terms.services[0]', { services: [3 as never] }, TypeError],
    ['terms.uses', { uses: 1.5 }, RangeError],
    ['terms.uses', { uses: '3' as never }, TypeError],
    ['terms.expiresAt', { expiresAt: -1 }, RangeError],
    ['terms.expiresAt', { expiresAt: Number.NaN }, RangeError],
  ])('rejects when %s is wrong', async (name, change, kind) => {
    const error: unknown = await signGrant(signer, { ...vectorTerms, ...change }).catch(
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(kind)
    expect(error).not.toBeInstanceOf(AstraError)
    expect((error as Error).message).toContain(`"${name}"`)
  })
})

describe('grantPsk', () => {
  test('differs for each id and each network', async () => {
    const psks = await Promise.all([
      grantPsk(counting(1), counting(1, 16)),
      grantPsk(counting(1), counting(2, 16)),
      grantPsk(counting(2), counting(1, 16)),
    ])
    expect(new Set(psks.map(hex)).size).toBe(3)
  })

  test.each([
    ['psk', counting(1, 31), counting(1, 16)],
    ['id', counting(1), counting(1, 32)],
    ['id', counting(1), new Uint8Array(16)],
  ])('rejects when %s is wrong', async (name, psk, grantId) => {
    await expect(grantPsk(psk, grantId)).rejects.toThrow(new RegExp(`"${name}".* must be`))
  })
})

test('ids of grants are random', () => {
  expect(generateGrantId()).toHaveLength(16)
  expect(hex(generateGrantId())).not.toBe(hex(generateGrantId()))
})

test('the reference knows the key of the issuer', () => {
  expect(hex(publicKeyOf(vectorInput.privateKey))).toBe(hex(signer.publicKey))
})

function text(value: string): Uint8Array {
  return msgpack(value)
}
