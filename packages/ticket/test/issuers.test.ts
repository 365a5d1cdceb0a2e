import { formatNodeId, type NodeId } from '@astranet/interface'
import { generateIdentity } from '@astranet/secure'
import { describe, expect, test } from 'vitest'
import { checkGrant, CLOCK_TOLERANCE_MS, issuerCheck, readGrant, type GrantTerms } from '../src/index.js'
import { counting } from './support/bytes.js'
import { vectorGrant, vectorTerms } from './support/vectors.js'
import { byWebCrypto } from './support/by-web-crypto.js'

const one = await generateIdentity()
const other = await generateIdentity()

describe.each([
  ['node:crypto', issuerCheck],
  ['WebCrypto', byWebCrypto.issuerCheck],
])('issuerCheck by %s', (_, check) => {
  test('believes the keys and node ids that it was given, and no others', async () => {
    expect(await check([one.publicKey])(one.publicKey)).toBe(true)
    expect(await check([one.publicKey])(other.publicKey)).toBe(false)
    expect(await check([one.nodeId])(one.publicKey)).toBe(true)
    expect(await check([one.nodeId])(other.publicKey)).toBe(false)
    expect(await check([one.nodeId, other.publicKey])(other.publicKey)).toBe(true)
    expect(await check([])(one.publicKey)).toBe(false)
  })

  test('is not changed by a change of its arguments', async () => {
    const key = new Uint8Array(one.publicKey)
    const granters = [key]
    const isIssuer = check(granters)
    key.fill(0)
    granters.length = 0
    expect(await isIssuer(one.publicKey)).toBe(true)
  })

  test.each([
    [[counting(1, 31)], /"granters\[0\]".* must be 32 bytes/],
    [
      [one.nodeId, formatNodeId(one.nodeId) as never],
      /"granters\[1\]" argument must be an instance of Uint8Array/,
    ],
    [[(2n ** 64n) as NodeId], /"nodeId" is out of range/],
  ])('throws for a wrong entry (%#)', (granters, message) => {
    expect(() => check(granters)).toThrow(message)
  })
})

describe('checkGrant', () => {
  const isIssuer = (): boolean => true
  const { id, expiresAt } = vectorTerms
  const terms: Promise<GrantTerms> = readGrant(vectorGrant)

  test('accepts a grant until a minute after its end', async () => {
    const last = expiresAt + CLOCK_TOLERANCE_MS
    for (const nowMs of [0, expiresAt, last])
      expect(await checkGrant(await terms, { nowMs, isIssuer, keyId: id })).toBeUndefined()
    expect(await checkGrant(await terms, { nowMs: last + 1, isIssuer, keyId: undefined })).toMatchObject({
      code: 'ASTRA_ERR_TICKET_EXPIRED',
      message: expect.stringContaining('ended at 2030-01-01T00:00:00.000Z'),
    })
  })

  test('refuses an issuer that is not believed, and names its key', async () => {
    const fault = await checkGrant(await terms, {
      nowMs: 0,
      isIssuer: issuerCheck([one.nodeId]),
      keyId: undefined,
    })
    expect(fault).toMatchObject({
      code: 'ASTRA_ERR_TICKET_ISSUER',
      message: expect.stringContaining('cd14b37f956e953194ff7fb73b3d81dcc561d61a7538094b7c3e1a643ee5f3aa'),
    })
  })

  test('refuses a grant that is not the one of the handshake', async () => {
    const keyId = counting(1, 16)
    expect(await checkGrant(await terms, { nowMs: 0, isIssuer, keyId })).toMatchObject({
      code: 'ASTRA_ERR_TICKET_FORGED',
    })
  })

  test('is always told the key id of the handshake, or that there is none', async () => {
    // @ts-expect-error Without the key id the holder of one grant could show another.
    expect(await checkGrant(await terms, { nowMs: 0, isIssuer })).toBeUndefined()
  })

  test('rejects wrong arguments, and with what the check of the issuer throws', async () => {
    await expect(checkGrant(await terms, { nowMs: Number.NaN, isIssuer, keyId: undefined })).rejects.toThrow(
      /"nowMs" is out of range/,
    )
    const keyId = new Uint8Array(16)
    await expect(checkGrant(await terms, { nowMs: 0, isIssuer, keyId })).rejects.toThrow(
      /"keyId" is out of range/,
    )
    const broken = (): boolean => {
      throw new Error('no list')
    }
    await expect(checkGrant(await terms, { nowMs: 0, isIssuer: broken, keyId: undefined })).rejects.toThrow(
      'no list',
    )
  })
})
