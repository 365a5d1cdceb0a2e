import { describe, expect, test } from 'vitest'
import { nodeCrypto, webCrypto } from '../src/index.js'
import { MAX_PAYLOAD_BYTES, messageLengths } from '../src/proto/handshake/lengths.js'
import { counting, hex, utf8 } from './support/bytes.js'
import { codeOf, exchange, identities, side } from './support/handshakes.js'

const psk = counting(7)

describe.each([
  ['without a secret', undefined],
  ['with a secret', psk],
])('%s', (_, secret) => {
  test.each([
    ['node:crypto on both sides', nodeCrypto, nodeCrypto],
    ['WebCrypto on both sides', webCrypto, webCrypto],
    ['an initiator with node:crypto', nodeCrypto, webCrypto],
    ['a responder with node:crypto', webCrypto, nodeCrypto],
  ])('each side learns the identity of the other, and both have the same keys, by %s', async (__, a, b) => {
    const shared = { prologue: utf8('the same'), psk: secret }
    const { initiator, responder } = await exchange(
      side('initiator', { ...shared, crypto: a.crypto, payload: utf8('from a') }),
      side('responder', { ...shared, crypto: b.crypto, payload: utf8('from b') }),
    )
    expect(initiator.result.peer).toEqual({
      nodeId: identities.responder.nodeId,
      publicKey: identities.responder.publicKey,
      payload: utf8('from b'),
    })
    expect(responder.result.peer).toEqual({
      nodeId: identities.initiator.nodeId,
      publicKey: identities.initiator.publicKey,
      payload: utf8('from a'),
    })
    expect(hex(initiator.result.sendKey)).toBe(hex(responder.result.receiveKey))
    expect(hex(initiator.result.receiveKey)).toBe(hex(responder.result.sendKey))
    expect(hex(initiator.result.sendKey)).not.toBe(hex(initiator.result.receiveKey))
    expect(hex(initiator.result.handshakeHash)).toBe(hex(responder.result.handshakeHash))
  })

  test('the messages have the lengths that the spec gives, and announce them beforehand', async () => {
    const { messages } = await exchange(
      side('initiator', { psk: secret }),
      side('responder', { psk: secret }),
    )
    const smallest = messages.map(({ length }) => length)
    expect(smallest).toEqual([secret === undefined ? 32 : 48, 192, 160])
    for (const number of [1, 2, 3] as const)
      expect(messageLengths(number, secret !== undefined, 0).min).toBe(smallest[number - 1])
  })

  test('two handshakes of the same two sides share nothing', async () => {
    const [one, other] = await Promise.all(
      [0, 1].map(() => exchange(side('initiator', { psk: secret }), side('responder', { psk: secret }))),
    )
    expect(hex(one!.initiator.result.handshakeHash)).not.toBe(hex(other!.initiator.result.handshakeHash))
    expect(hex(one!.messages[0])).not.toBe(hex(other!.messages[0]))
  })
})

test('a payload of the largest size passes, and the options name one that is larger', async () => {
  const payload = new Uint8Array(MAX_PAYLOAD_BYTES).fill(9)
  const limit = { maxPayloadBytes: MAX_PAYLOAD_BYTES }
  const { initiator, responder, messages } = await exchange(
    side('initiator', { payload, ...limit }),
    side('responder', { payload, ...limit }),
  )
  expect(messages[1].length).toBe(65_535)
  expect(initiator.result.peer.payload).toEqual(payload)
  expect(responder.result.peer.payload).toEqual(payload)
  expect(() => side('initiator', { payload: new Uint8Array(MAX_PAYLOAD_BYTES + 1) })).toThrow(
    /"options.payload" is out of range. It must be at most 65343 bytes. Received 65344$/,
  )
})

test.each(['initiator', 'responder'] as const)(
  'a payload one byte above what the other side accepts fails, sent by the %s',
  async (role) => {
    const other = role === 'initiator' ? 'responder' : 'initiator'
    const sides = { [role]: side(role, { payload: new Uint8Array(101) }) }
    sides[other] = side(other, { maxPayloadBytes: 100 })
    expect(await codeOf(exchange(sides.initiator!, sides.responder!))).toBe('ASTRA_ERR_SECURE_HANDSHAKE')
    expect(sides[other].state).toBe('failed')
  },
)

test('the payload limit is 4,096 bytes by default', async () => {
  const small = exchange(side('initiator', { payload: new Uint8Array(4_096) }), side('responder'))
  expect(await codeOf(small)).toBe('none')
  const large = exchange(side('initiator', { payload: new Uint8Array(4_097) }), side('responder'))
  expect(await codeOf(large)).toBe('ASTRA_ERR_SECURE_HANDSHAKE')
})

test('the states follow each other as the type says', async () => {
  const [initiator, responder] = [side('initiator'), side('responder')]
  const states = (): string[] => [initiator.state, responder.state]
  expect(states()).toEqual(['new', 'new'])
  const starting = initiator.start()
  expect(initiator.state).toBe('working')
  const first = (await starting) as Uint8Array
  await responder.start()
  expect(states()).toEqual(['waiting', 'waiting'])
  const second = (await responder.receive(first)) as Uint8Array
  expect(states()).toEqual(['waiting', 'waiting'])
  const third = (await initiator.receive(second)) as Uint8Array
  expect(states()).toEqual(['done', 'waiting'])
  await responder.receive(third)
  expect(states()).toEqual(['done', 'done'])
})

test('calls out of order are refused, and change nothing', async () => {
  const responder = side('responder')
  await expect(responder.receive(new Uint8Array(32))).rejects.toThrow(
    /^Invalid state: the handshake must be waiting for this call, and is new$/,
  )
  expect(() => responder.result).toThrow(/^Invalid state: the handshake has no result yet: it is new$/)
  await responder.start()
  await expect(responder.start()).rejects.toThrow(TypeError)
  const initiator = side('initiator')
  const first = (await initiator.start()) as Uint8Array
  const answering = responder.receive(first)
  await expect(responder.receive(first)).rejects.toThrow(
    /^Invalid state: the handshake must be waiting for this call, and is working$/,
  )
  expect(await codeOf(initiator.receive((await answering) as Uint8Array))).toBe('none')
  await expect(initiator.receive(first)).rejects.toThrow(TypeError)
})

test('a handshake that failed stays so', async () => {
  const responder = side('responder')
  await responder.start()
  expect(await codeOf(responder.receive(new Uint8Array(31)))).toBe('ASTRA_ERR_SECURE_HANDSHAKE')
  expect(responder.state).toBe('failed')
  await expect(responder.receive(new Uint8Array(32))).rejects.toThrow(
    /^Invalid state: the handshake must be waiting for this call, and is failed$/,
  )
})

test.each([
  [
    { role: 'dialer' as 'initiator' },
    /'options.role' must be one of: 'initiator', 'responder'. Received 'dialer'/,
  ],
  [{ identity: {} as never }, /"options.identity" property must be an Identity/],
  [
    { identity: { ...identities.initiator, publicKey: new Uint8Array(31) } },
    /"options.identity.publicKey" is out of range. It must be 32 bytes. Received 31$/,
  ],
  [{ psk: new Uint8Array(16) }, /"options.psk" is out of range. It must be 32 bytes. Received 16$/],
  [{ expectedKey: new Uint8Array(8) }, /"options.expectedKey" is .* must be 32 bytes. Received 8$/],
  // Not shown: it may be a secret.
  [{ psk: 'secret' as never }, /^The "options.psk" property must be an instance of Uint8Array$/],
  [{ prologue: 'text' as never }, /"options.prologue" property must be an instance of Uint8Array$/],
  [{ maxPayloadBytes: 65_344 }, /"options.maxPayloadBytes" is .* >= 0 && <= 65343. Received 65344$/],
  [{ maxPayloadBytes: -1 }, /"options.maxPayloadBytes" is .* >= 0 && <= 65343. Received -1$/],
])('a wrong option is named: %o', (options, error) => {
  expect(() => side('initiator', options)).toThrow(error)
})
