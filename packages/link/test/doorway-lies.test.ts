import { concatBytes } from '@astranet/interface'
import { nodeCrypto } from '@astranet/secure'
import type { Crypto } from '@astranet/secure/proto'
import { describe, expect, it } from 'vitest'
import { CloseCode, MAX_DOORWAY_BYTES, type LinkOptions } from '@astranet/link'
import { encodePreamble, PREAMBLE_BYTES, PreambleOffset, type Preamble } from '../src/proto/preamble.js'
import { identityOf } from './support/identities.js'
import { accepting, dialing, type Accepting } from './support/raw-peer.js'
import { rawFirst, rawInitiate, rawPreamble, rawSecond, type RawOptions } from './support/raw-handshake.js'

const preamble = encodePreamble(rawPreamble)

/** The link has ended once with that code, and holds no timer. */
async function expectEnd({ clock, side, pipe }: Accepting, code: string): Promise<void> {
  await clock.pass(12_000)
  expect(side.opened).toEqual([])
  expect(side.closes).toMatchObject([{ code }])
  expect([side.link.state, pipe.isClosed, clock.timers]).toEqual(['closed', true, 0])
}

/** The X25519 points of low order, and others that stand for the same. */
const lowOrder = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
].map((hex) => new Uint8Array(Buffer.from(hex, 'hex')))

/** Cryptography whose `which`-th key pair has a public key of low order. */
function withLowOrder(point: Uint8Array, which: number): Crypto {
  let made = 0
  return {
    ...nodeCrypto.crypto,
    generateKeyPair: async () => {
      made++
      if (made !== which) return nodeCrypto.crypto.generateKeyPair()
      return { publicKey: point, dh: async () => new Uint8Array(32).fill(1) }
    },
  }
}

it('a side that is either refuses a preamble that it does not understand, since it may be the responder', async () => {
  for (const [offset, value] of [
    [PreambleOffset.FLAGS, 0x05],
    [PreambleOffset.ROLE, 9],
  ] as const) {
    const either = await accepting({ role: 'either' })
    either.raw.take(PREAMBLE_BYTES)
    either.raw.write(preamble.with(offset, value))
    await either.clock.settle()
    expect(either.raw.takeRefusal()).toBe(CloseCode.PROTOCOL_ERROR)
    await expectEnd(either, 'ASTRA_ERR_LINK_PROTOCOL')
  }
})

describe('a dialer that sends', () => {
  it.each([
    ['flag 0x04', PreambleOffset.FLAGS, 0x05],
    ['flag 0x08', PreambleOffset.FLAGS, 0x09],
    ['the flag of resuming', PreambleOffset.FLAGS, 0x02],
    ['no mode', PreambleOffset.FLAGS, 0x40],
    ['a role that is not known', PreambleOffset.ROLE, 9],
  ])('%s is refused in the clear', async (_, offset, value) => {
    const accepted = await accepting()
    accepted.raw.write(preamble.with(offset, value))
    await accepted.clock.settle()
    accepted.raw.take(PREAMBLE_BYTES)
    expect(accepted.raw.takeRefusal()).toBe(CloseCode.PROTOCOL_ERROR)
    expect(accepted.raw.bytes.length).toBe(0)
    await expectEnd(accepted, 'ASTRA_ERR_LINK_PROTOCOL')
  })

  it.each<[string, Partial<Preamble>, Partial<LinkOptions>]>([
    ['where there is no secret', {}, {}],
    ['and is no dialer', { role: 'either', hasSecret: true }, { psk: new Uint8Array(32).fill(7) }],
  ])('the id of a grant %s is refused in the clear', async (_, changes, options) => {
    const accepted = await accepting(options)
    await rawFirst(accepted.raw, { preamble: { keyId: new Uint8Array(16).fill(1), ...changes } })
    await accepted.clock.settle()
    accepted.raw.take(PREAMBLE_BYTES)
    expect(accepted.raw.takeRefusal()).toBe(CloseCode.PROTOCOL_ERROR)
    expect(accepted.side.link.remote).toBeUndefined()
    await expectEnd(accepted, 'ASTRA_ERR_LINK_PROTOCOL')
  })

  it.each([0, 1, 31, 33, 48, 0xffff])(
    'a message 1 of %i bytes is refused before it is there',
    async (length) => {
      const accepted = await accepting()
      accepted.raw.write(preamble, Uint8Array.of(length >> 8, length & 0xff))
      await accepted.clock.settle()
      accepted.raw.take(PREAMBLE_BYTES)
      expect(accepted.raw.takeRefusal()).toBe(CloseCode.PROTOCOL_ERROR)
      await expectEnd(accepted, 'ASTRA_ERR_LINK_PROTOCOL')
    },
  )

  it.each([0, 159, 160 + 4_099, 0xffff])(
    'a message 3 of %i bytes is cut before it is there',
    async (length) => {
      const accepted = await accepting()
      await rawFirst(accepted.raw)
      await accepted.clock.settle()
      accepted.raw.write(Uint8Array.of(length >> 8, length & 0xff))
      await expectEnd(accepted, 'ASTRA_ERR_LINK_PROTOCOL')
    },
  )

  it.each(lowOrder.map((point) => [Buffer.from(point).toString('hex'), point] as const))(
    'the X25519 key %s of low order is refused in message 1 and cut in message 3',
    async (_, point) => {
      for (const which of [1, 2]) {
        const accepted = await accepting()
        const options = { handshake: { crypto: withLowOrder(point, which) } }
        const sent = rawInitiate(accepted.raw, accepted.clock, options)
        if (which === 2) await sent
        else await expect(sent).rejects.toThrow()
        // Behind the length 0, which was taken: a refusal, but no byte after message 2.
        expect([...accepted.raw.bytes]).toEqual(which === 1 ? [CloseCode.AUTHENTICATION_FAILED] : [])
        await expectEnd(accepted, 'ASTRA_ERR_LINK_AUTHENTICATION')
      }
    },
  )

  it.each<[string, RawOptions]>([
    [
      "another node's key as its identity",
      { handshake: { identity: { ...identityOf(9n), publicKey: identityOf(3n).publicKey } } },
    ],
    [
      'a key of low order as its identity',
      { handshake: { identity: { ...identityOf(9n), publicKey: Uint8Array.of(1, ...new Uint8Array(31)) } } },
    ],
    [
      'a signature over another handshake',
      {
        handshake: {
          identity: { ...identityOf(9n), sign: (bytes) => identityOf(9n).sign(bytes.with(40, 1)) },
        },
      },
    ],
    [
      'a signature for the other role',
      {
        handshake: {
          identity: {
            ...identityOf(9n),
            sign: (bytes) => {
              const label = new TextEncoder().encode('astranet secure 1 identity, responder\n')
              return identityOf(9n).sign(concatBytes([label, bytes.subarray(label.length)]))
            },
          },
        },
      },
    ],
  ])('%s is cut', async (_, options) => {
    const accepted = await accepting()
    await rawInitiate(accepted.raw, accepted.clock, options)
    await expectEnd(accepted, 'ASTRA_ERR_LINK_AUTHENTICATION')
  })

  it('a handshake with another prologue than its preamble is cut', async () => {
    const accepted = await accepting()
    const prologue = preamble.with(20, 1)
    await expect(
      rawInitiate(accepted.raw, accepted.clock, { handshake: { prologue } }),
    ).rejects.toMatchObject({ code: 'ASTRA_ERR_SECURE_HANDSHAKE' })
    await expectEnd({ ...accepted }, 'ASTRA_ERR_LINK_HELLO_TIMEOUT')
  })

  it('its own id of the acceptor is told so, by the lives', async () => {
    const accepted = await accepting({ introduction: { incarnation: 1, life: 5 } })
    await rawInitiate(accepted.raw, accepted.clock, {
      handshake: { identity: identityOf(1n) },
      hello: { i: 1, l: 6 },
    })
    await accepted.clock.pass(12_000)
    expect(accepted.side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_CONFLICT' }])
  })

  it('more than is held before the handshake is complete is cut', async () => {
    for (const isLate of [false, true]) {
      const psk = (): Promise<Uint8Array> => new Promise(() => undefined)
      const accepted = await accepting(isLate ? {} : { psk })
      if (isLate) accepted.side.admit = () => new Promise<undefined>(() => undefined)
      if (isLate) await rawInitiate(accepted.raw, accepted.clock)
      else accepted.raw.write(encodePreamble({ ...rawPreamble, hasSecret: true }))
      await accepted.clock.settle()
      for (let sent = 0; sent < MAX_DOORWAY_BYTES; sent += 16_384) accepted.raw.write(new Uint8Array(16_384))
      await accepted.clock.settle()
      expect(accepted.side.closes).toEqual([])
      accepted.raw.write(new Uint8Array(1))
      await accepted.clock.settle()
      await expectEnd(accepted, 'ASTRA_ERR_LINK_PROTOCOL')
    }
  })
})

describe('an acceptor that sends', () => {
  const acceptorPreamble = encodePreamble({ ...rawPreamble, role: 'acceptor' })

  it.each([
    [CloseCode.AUTHENTICATION_FAILED, 'ASTRA_ERR_LINK_AUTHENTICATION'],
    [CloseCode.BUSY, 'ASTRA_ERR_LINK_BUSY'],
    [CloseCode.HELLO_TIMEOUT, 'ASTRA_ERR_LINK_HELLO_TIMEOUT'],
    [CloseCode.PROTOCOL_ERROR, 'ASTRA_ERR_LINK_PROTOCOL'],
    // Nobody who has proved nothing can say these.
    [CloseCode.CONFLICT, 'ASTRA_ERR_LINK_PROTOCOL'],
    [CloseCode.DUPLICATE, 'ASTRA_ERR_LINK_PROTOCOL'],
    [CloseCode.NO_ERROR, 'ASTRA_ERR_LINK_PROTOCOL'],
    [0xff, 'ASTRA_ERR_LINK_PROTOCOL'],
  ])('the refusal %i ends the attempt with %s', async (refusal, code) => {
    const dialed = await dialing()
    dialed.raw.write(acceptorPreamble, Uint8Array.of(0, 0, refusal))
    await expectEnd(dialed, code)
    expect((dialed.side.closes[0] as Error).message).toContain('the peer refused the handshake')
  })

  it('half a refusal and then its end is an end', async () => {
    const dialed = await dialing()
    dialed.raw.write(acceptorPreamble, Uint8Array.of(0, 0))
    dialed.raw.end.end()
    await expectEnd(dialed, 'ASTRA_ERR_LINK_CLOSED')
  })

  it.each([1, 191, 192 + 46 + 4_099, 0xffff])(
    'a message 2 of %i bytes is cut before it is there',
    async (length) => {
      const dialed = await dialing()
      dialed.raw.write(acceptorPreamble, Uint8Array.of(length >> 8, length & 0xff))
      await expectEnd(dialed, 'ASTRA_ERR_LINK_PROTOCOL')
    },
  )

  it('what the dialer sent is told that it reached itself', async () => {
    const dialed = await dialing()
    dialed.raw.write(dialed.raw.bytes)
    await expectEnd(dialed, 'ASTRA_ERR_LINK_SELF')
  })

  it('what the dialer sent, as an acceptor with another nonce, is cut', async () => {
    const dialed = await dialing()
    const own = dialed.raw.bytes
    dialed.raw.write(own.with(PreambleOffset.ROLE, 2).with(PreambleOffset.NONCE, 99))
    await expectEnd(dialed, 'ASTRA_ERR_LINK_PROTOCOL')
  })

  it('a key id is cut', async () => {
    const dialed = await dialing()
    await rawSecond(dialed.raw, { preamble: { keyId: new Uint8Array(16).fill(1) } })
    await expectEnd(dialed, 'ASTRA_ERR_LINK_PROTOCOL')
  })

  it.each<[string, RawOptions]>([
    [
      "another node's key as its identity",
      { handshake: { identity: { ...identityOf(9n), publicKey: identityOf(3n).publicKey } } },
    ],
    [
      'another preamble than it says in message 2',
      {
        handshake: {
          payload: concatBytes([acceptorPreamble.with(20, 77), Uint8Array.of(3, 0x81, 0xa1, 0x69)]),
        },
      },
    ],
    ['no preamble in message 2', { handshake: { payload: new Uint8Array(0) } }],
    [
      'an X25519 key of low order as its ephemeral',
      { handshake: { crypto: withLowOrder(new Uint8Array(32), 1) } },
    ],
    [
      'an X25519 key of low order as its static',
      { handshake: { crypto: withLowOrder(new Uint8Array(32), 2) } },
    ],
    ['a message 2 for another prologue', { handshake: { prologue: new Uint8Array(46) } }],
  ])('%s is cut, and gets no message 3', async (_, options) => {
    const dialed = await dialing()
    const written = dialed.pipe.written.length
    await rawSecond(dialed.raw, options)
    await expectEnd(dialed, 'ASTRA_ERR_LINK_AUTHENTICATION')
    expect(dialed.pipe.written.length).toBe(written)
  })
})
