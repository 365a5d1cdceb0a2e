import { describe, expect, test } from 'vitest'
import { generateIdentity, nodeCrypto, webCrypto } from '../src/index.js'
import { signedBytes, type Signer } from '../src/proto/handshake/identity-proof.js'
import { isLowOrder } from '../src/proto/small-order.js'
import { counting, hex, unhex } from './support/bytes.js'
import { codeOf, exchange, identities, side } from './support/handshakes.js'

describe('a signature', () => {
  /** Shows `publicKey`, and signs as `sign` does. */
  function forger(publicKey: Uint8Array, sign: Signer['sign']): Signer {
    return { publicKey, sign }
  }
  const { publicKey } = identities.initiator

  test("of another key than the one that is shown is refused: no node can claim another node's id", async () => {
    const own = await generateIdentity()
    const initiator = side('initiator', { identity: forger(publicKey, (bytes) => own.sign(bytes)) })
    expect(await codeOf(exchange(initiator, side('responder')))).toBe('ASTRA_ERR_SECURE_SIGNATURE')
    const responder = side('responder', { identity: forger(publicKey, (bytes) => own.sign(bytes)) })
    expect(await codeOf(exchange(side('initiator'), responder))).toBe('ASTRA_ERR_SECURE_SIGNATURE')
  })

  test.each([
    ['another static key', { staticKey: counting(3) }],
    ['another handshake or prologue', { hash: counting(3) }],
    ['the other role', { role: 'responder' as const }],
  ])('over %s is refused', async (_, change) => {
    const identity = forger(publicKey, (bytes) => {
      const honest = {
        role: 'initiator' as const,
        hash: bytes.subarray(38, 70),
        staticKey: bytes.subarray(70),
      }
      expect(hex(signedBytes(honest))).toBe(hex(bytes))
      return identities.initiator.sign(signedBytes({ ...honest, ...change }))
    })
    const attack = exchange(side('initiator', { identity }), side('responder'))
    expect(await codeOf(attack)).toBe('ASTRA_ERR_SECURE_SIGNATURE')
  })

  test('that was seen in an earlier handshake is refused', async () => {
    const seen: Uint8Array[] = []
    const identity = forger(publicKey, async (bytes) => {
      const signature = await identities.initiator.sign(bytes)
      seen.push(signature)
      return seen[0] as Uint8Array
    })
    expect(await codeOf(exchange(side('initiator', { identity }), side('responder')))).toBe('none')
    expect(await codeOf(exchange(side('initiator', { identity }), side('responder')))).toBe(
      'ASTRA_ERR_SECURE_SIGNATURE',
    )
  })

  // Some versions of OpenSSL take a signature by such a key for good over any message.
  test.each([0, 0x80])('by an identity key of low order is refused, sign bit %i', async (sign) => {
    for (const y of ['00', '01', 'ec', 'ed', 'ee']) {
      const rest = y < '02' ? '00' : 'ff'
      const key = unhex(`${y}${rest.repeat(31)}`)
      key[31] = (y < '02' ? 0 : 0x7f) | sign
      const identity = forger(key, async () => new Uint8Array(64))
      expect(isLowOrder(key)).toBe(true)
      expect(await codeOf(exchange(side('initiator', { identity }), side('responder')))).toBe(
        'ASTRA_ERR_SECURE_KEY',
      )
    }
  })

  test('by a key that is no point of the curve is refused', async () => {
    for (const { crypto } of [nodeCrypto, webCrypto]) {
      const identity = forger(unhex(`02${'00'.repeat(31)}`), async () => new Uint8Array(64))
      const attack = exchange(side('initiator', { identity }), side('responder', { crypto }))
      expect(await codeOf(attack)).toBe('ASTRA_ERR_SECURE_SIGNATURE')
    }
  })
})

test('the points of order 8 are of low order: eight times each is the neutral element', () => {
  for (const text of [
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  ]) {
    expect(isLowOrder(unhex(text))).toBe(true)
    // y of the double is (y^2 + x^2) / (2 + x^2 - y^2), with x^2 = (y^2 - 1) / (d y^2 + 1).
    let y = BigInt(`0x${hex(unhex(text).reverse())}`)
    for (let doublings = 0; doublings < 3; doublings++) y = doubled(y)
    expect(y).toBe(1n)
  }
  expect(isLowOrder(identities.initiator.publicKey)).toBe(false)
})

const P = 2n ** 255n - 19n
const D = mod(-121665n * inverse(121666n))

function doubled(y: bigint): bigint {
  const xx = mod((y * y - 1n) * inverse(D * y * y + 1n))
  return mod((y * y + xx) * inverse(2n + xx - y * y))
}

function mod(value: bigint): bigint {
  return ((value % P) + P) % P
}

function inverse(value: bigint): bigint {
  let result = 1n
  for (let base = mod(value), exponent = P - 2n; exponent > 0n; exponent >>= 1n, base = mod(base * base))
    if ((exponent & 1n) === 1n) result = mod(result * base)
  return result
}
