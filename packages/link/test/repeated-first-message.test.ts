import { DoorwaySlots, CloseCode } from '@astranet/link'
import { nodeCrypto } from '@astranet/secure'
import { expect, it } from 'vitest'
import { FirstMessages, MAX_REMEMBERED_FIRST_MESSAGES } from '../src/proto/slots/first-messages.js'
import { PREAMBLE_BYTES } from '../src/proto/preamble.js'
import { rawFirst } from './support/raw-handshake.js'
import { accepting, type Accepting } from './support/raw-peer.js'

const psk = new Uint8Array(32).fill(7)

it('a message 1 that somebody has recorded is refused from any host, before a key is made for it', async () => {
  let keys = 0
  const generateKeyPair: typeof nodeCrypto.crypto.generateKeyPair = () => {
    keys++
    return nodeCrypto.crypto.generateKeyPair()
  }
  const provider = { ...nodeCrypto, crypto: { ...nodeCrypto.crypto, generateKeyPair } }
  const slots = new DoorwaySlots({ random: () => 0 })
  const accept = (): Promise<Accepting> => accepting({ psk, slots, provider })
  const first = await accept()
  await rawFirst(first.raw, { preamble: { hasSecret: true }, handshake: { psk } })
  const recorded = Uint8Array.from(first.raw.end.written)
  await first.clock.settle()
  expect([first.raw.bytes.length > PREAMBLE_BYTES + 192, keys]).toEqual([true, 2])

  const second = await accept()
  second.raw.write(recorded)
  await second.clock.settle()
  second.raw.take(PREAMBLE_BYTES)
  expect(second.raw.takeRefusal()).toBe(CloseCode.AUTHENTICATION_FAILED)
  expect(keys).toBe(2)
  expect(second.side.closes).toEqual([])
  await second.clock.pass(1_000)
  expect(second.side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_AUTHENTICATION' }])
})

it('the oldest of 16,384 is forgotten', () => {
  const messages = new FirstMessages()
  const nonce = (number: number): Uint8Array => {
    const bytes = new Uint8Array(16)
    new DataView(bytes.buffer).setUint32(0, number)
    return bytes
  }
  for (let number = 0; number < MAX_REMEMBERED_FIRST_MESSAGES; number++)
    expect(messages.isNew(nonce(number))).toBe(true)
  expect(messages.isNew(nonce(0))).toBe(false)
  expect(messages.isNew(nonce(MAX_REMEMBERED_FIRST_MESSAGES))).toBe(true)
  expect([messages.isNew(nonce(1)), messages.isNew(nonce(0))]).toEqual([false, true])
})
