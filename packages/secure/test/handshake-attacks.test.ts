import { concatBytes, formatNodeId, nodeIdFromBytes } from '@astranet/interface'
import { describe, expect, test } from 'vitest'
import { generateIdentity, nodeCrypto, webCrypto } from '../src/index.js'
import { counting, hex, unhex, utf8 } from './support/bytes.js'
import { codeOf, exchange, identities, side } from './support/handshakes.js'
import { LOW_ORDER_POINTS } from './support/low-order-points.js'

const psk = counting(7)
const patterns: [name: string, psk: Uint8Array | undefined][] = [
  ['without a secret', undefined],
  ['with a secret', psk],
]

describe.each(patterns)('%s', (_, secret) => {
  const make = { psk: secret, prologue: utf8('p') }

  test.each([1, 2, 3] as const)(
    'message %i with any bit flipped fails, and gives nothing to send',
    async (target) => {
      const { messages } = await exchange(side('initiator', make), side('responder', make))
      const { length } = messages[target - 1] as Uint8Array
      for (let at = 0; at < length; at++) {
        const initiator = side('initiator', make)
        const responder = side('responder', make)
        const changed = exchange(initiator, responder, (message, number) => {
          if (number !== target) return message
          const copy = new Uint8Array(message)
          copy[at] = (copy[at] as number) ^ (1 << (at % 8))
          return copy
        })
        // Without a secret the first message is a bare key: another key is noticed with the next message.
        expect(await codeOf(changed), `byte ${at}`).toMatch(/^ASTRA_ERR_SECURE_(HANDSHAKE|SECRET|KEY)$/)
        expect([initiator.state, responder.state]).toContain('failed')
        expect([initiator.state, responder.state].filter((state) => state === 'done').length).toBe(
          target === 3 ? 1 : 0,
        )
      }
    },
  )

  test.each([1, 2, 3] as const)(
    'message %i cut at any byte, or one byte too long, is refused',
    async (target) => {
      const { messages } = await exchange(side('initiator', make), side('responder', make))
      const { length: full } = messages[target - 1] as Uint8Array
      for (let length = 0; length <= full + 1; length++) {
        if (length === full) continue
        const resized = exchange(side('initiator', make), side('responder', make), (message, number) => {
          if (number !== target) return message
          const copy = new Uint8Array(length)
          copy.set(message.subarray(0, length))
          return copy
        })
        expect(await codeOf(resized), `${length} bytes`).toBe('ASTRA_ERR_SECURE_HANDSHAKE')
      }
    },
  )

  test('a foreign prologue fails', async () => {
    const initiator = side('initiator', make)
    const responder = side('responder', { ...make, prologue: utf8('q') })
    expect(await codeOf(exchange(initiator, responder))).toBe(
      secret === undefined ? 'ASTRA_ERR_SECURE_HANDSHAKE' : 'ASTRA_ERR_SECURE_SECRET',
    )
  })

  test('a first message repeated to another responder leads nowhere without the keys behind it', async () => {
    const { messages } = await exchange(side('initiator', make), side('responder', make))
    const responder = side('responder', make)
    await responder.start()
    // The prologue has nothing fresh here, so the responder cannot tell yet. What it answers only the initiator can
    // read.
    await responder.receive(messages[0])
    expect(await codeOf(responder.receive(messages[2]))).toBe('ASTRA_ERR_SECURE_HANDSHAKE')
  })

  test('a second message repeated to another initiator fails', async () => {
    const { messages } = await exchange(side('initiator', make), side('responder', make))
    const initiator = side('initiator', make)
    await initiator.start()
    expect(await codeOf(initiator.receive(messages[1]))).toBe('ASTRA_ERR_SECURE_HANDSHAKE')
  })

  test('a first message sent back to its initiator fails', async () => {
    const initiator = side('initiator', { ...make, maxPayloadBytes: 65_343 })
    const first = (await initiator.start()) as Uint8Array
    expect(await codeOf(initiator.receive(first))).toBe('ASTRA_ERR_SECURE_HANDSHAKE')
  })

  test('a first message of its own length, made longer with zeros and sent back, fails', async () => {
    const initiator = side('initiator', make)
    const first = (await initiator.start()) as Uint8Array
    const reflected = concatBytes([first, new Uint8Array(192 - first.length)])
    expect(await codeOf(initiator.receive(reflected))).toBe('ASTRA_ERR_SECURE_HANDSHAKE')
  })

  test("a responder cannot send an initiator's third message back", async () => {
    const { messages, responder } = await exchange(side('initiator', make), side('responder', make))
    expect(responder.state).toBe('done')
    const initiator = side('initiator', make)
    await initiator.start()
    const padded = concatBytes([messages[2], new Uint8Array(32)])
    expect(await codeOf(initiator.receive(padded))).toBe('ASTRA_ERR_SECURE_HANDSHAKE')
  })

  test.each(LOW_ORDER_POINTS.map(hex))(
    'the X25519 point of low order %s as ephemeral key is refused',
    async (point) => {
      for (const { crypto } of [nodeCrypto, webCrypto]) {
        if (secret === undefined) {
          // The responder mixes no shared secret before it answers, and notices as it makes the second message.
          const responder = side('responder', { ...make, crypto })
          await responder.start()
          expect(await codeOf(responder.receive(unhex(point)))).toBe('ASTRA_ERR_SECURE_KEY')
        }
        const initiator = side('initiator', { ...make, crypto })
        const forged = exchange(initiator, side('responder', make), (message, number) => {
          return number === 2 ? concatBytes([unhex(point), message.subarray(32)]) : message
        })
        expect(await codeOf(forged)).toBe('ASTRA_ERR_SECURE_KEY')
      }
    },
  )
})

test('a responder with a secret refuses an initiator with another one or none, and sends nothing', async () => {
  const responder = (): ReturnType<typeof side> => side('responder', { psk })
  for (const initiator of [side('initiator', { psk: counting(8) }), side('initiator')]) {
    const other = responder()
    await other.start()
    const first = (await initiator.start()) as Uint8Array
    const code = first.length === 48 ? 'ASTRA_ERR_SECURE_SECRET' : 'ASTRA_ERR_SECURE_HANDSHAKE'
    expect(await codeOf(other.receive(first))).toBe(code)
  }
})

test('a peer without the secret costs a responder no key pair, no curve and no signature', async () => {
  const calls: string[] = []
  const { crypto } = nodeCrypto
  const responder = side('responder', {
    psk,
    crypto: {
      ...crypto,
      generateKeyPair: () => {
        calls.push('generateKeyPair')
        return crypto.generateKeyPair()
      },
      verify: (...parts) => {
        calls.push('verify')
        return crypto.verify(...parts)
      },
    },
    identity: {
      publicKey: identities.responder.publicKey,
      sign: (message) => {
        calls.push('sign')
        return identities.responder.sign(message)
      },
    },
  })
  await responder.start()
  const outsider = side('initiator', { psk: counting(9) })
  expect(await codeOf(responder.receive((await outsider.start()) as Uint8Array))).toBe(
    'ASTRA_ERR_SECURE_SECRET',
  )
  expect(calls).toEqual([])
})

test('an initiator with a secret fails at a responder that has none', async () => {
  const responder = side('responder')
  await responder.start()
  const first = (await side('initiator', { psk }).start()) as Uint8Array
  expect(await codeOf(responder.receive(first))).toBe('ASTRA_ERR_SECURE_HANDSHAKE')
})

test('with something fresh in the prologue a repeated first message gets no answer', async () => {
  const { messages } = await exchange(
    side('initiator', { psk, prologue: utf8('nonce 1') }),
    side('responder', { psk, prologue: utf8('nonce 1') }),
  )
  const responder = side('responder', { psk, prologue: utf8('nonce 2') })
  await responder.start()
  expect(await codeOf(responder.receive(messages[0]))).toBe('ASTRA_ERR_SECURE_SECRET')
})

test('an attacker in the middle without the secret gets no answer from the responder', async () => {
  const responder = side('responder', { psk })
  await responder.start()
  const middle = side('initiator', { psk: counting(9), identity: await generateIdentity() })
  expect(await codeOf(responder.receive((await middle.start()) as Uint8Array))).toBe(
    'ASTRA_ERR_SECURE_SECRET',
  )
})

test('an attacker in the middle shows an identity of its own, and an expected node id keeps it out', async () => {
  const middle = await generateIdentity()
  const left = await exchange(side('initiator'), side('responder', { identity: middle }))
  const right = await exchange(side('initiator', { identity: middle }), side('responder'))
  expect(left.initiator.result.peer.nodeId).toBe(middle.nodeId)
  expect(right.responder.result.peer.nodeId).toBe(middle.nodeId)
  expect(hex(left.initiator.result.handshakeHash)).not.toBe(hex(right.responder.result.handshakeHash))

  const expectedNodeId = identities.responder.nodeId
  const initiator = side('initiator', { expectedNodeId })
  const responder = side('responder', { identity: middle })
  await expect(exchange(initiator, responder)).rejects.toMatchObject({
    code: 'ASTRA_ERR_SECURE_PEER',
    message: `The node at the other end is ${formatNodeId(middle.nodeId)}, and ${formatNodeId(expectedNodeId)} was expected.`,
  })
  // The initiator has shown its identity to nobody: there is no third message.
  expect(initiator.state).toBe('failed')
  expect(await codeOf(exchange(side('initiator', { expectedNodeId }), side('responder')))).toBe('none')
})

test('another key that has the same node id, the work of a very large computer, is not an expected key', async () => {
  const middle = await generateIdentity()
  const expectedKey = identities.responder.publicKey
  const expectedNodeId = nodeIdFromBytes(new Uint8Array(8))
  // Every key has the same node id here.
  const hash = async (bytes: Uint8Array): Promise<Uint8Array> =>
    hex(bytes).startsWith(hex(utf8('astranet node id 1')))
      ? new Uint8Array(32)
      : nodeCrypto.crypto.hash(bytes)
  const crypto = { ...nodeCrypto.crypto, hash }
  const fooled = side('initiator', { crypto, expectedNodeId })
  expect(await codeOf(exchange(fooled, side('responder', { identity: middle })))).toBe('none')
  const initiator = side('initiator', { crypto, expectedNodeId, expectedKey })
  expect(await codeOf(exchange(initiator, side('responder', { identity: middle })))).toBe(
    'ASTRA_ERR_SECURE_PEER',
  )
  expect(initiator.state).toBe('failed')
  expect(await codeOf(exchange(side('initiator', { expectedKey }), side('responder')))).toBe('none')
})

test('a responder that expects a node refuses another one', async () => {
  const responder = side('responder', { expectedNodeId: identities.responder.nodeId })
  expect(await codeOf(exchange(side('initiator'), responder))).toBe('ASTRA_ERR_SECURE_PEER')
})
