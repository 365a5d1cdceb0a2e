import { concatBytes, type ByteDuplex } from '@astranet/interface'
import { Probe, synchronousPair } from '@astranet/testkit'
import { describe, expect, test } from 'vitest'
import { nodeCrypto, webCrypto, type CryptoProvider, type SecurePipe } from '../src/index.js'
import { hex, utf8 } from './support/bytes.js'
import { asInitiator, asResponder } from './support/pairs.js'
import { tamperingPipe, type Tamper } from './support/tampering-pipe.js'

const providers: [name: string, provider: CryptoProvider][] = [
  ['node:crypto', nodeCrypto],
  ['WebCrypto', webCrypto],
]

/** Records that a peer has sent, and a secure pipe to which an attacker on the path can deliver others. */
interface Attack {
  readonly sender: SecurePipe
  readonly receiver: Probe
  /** The pipe below the receiver. */
  readonly below: ByteDuplex
  /** What the sender has sent since: each chunk is a record. Nothing of it arrives by itself. */
  readonly records: Uint8Array[]
  /** Lets these bytes arrive. */
  deliver(...chunks: readonly Uint8Array[]): void
}

async function attack(provider: CryptoProvider): Promise<Attack> {
  const { a, b } = synchronousPair()
  const records: Uint8Array[] = []
  let isHeld = false
  let isForged = false
  const hold: Tamper = (chunk) => {
    if (!isHeld || isForged) return [chunk]
    records.push(chunk)
    return []
  }
  const left = tamperingPipe(a, (chunk) => [chunk])
  // The attacker decides when the pipe ends, not the sender.
  left.end = () => undefined
  const [sender, receiverPipe] = await Promise.all([
    asInitiator(left),
    asResponder(tamperingPipe(b, hold), { provider }),
  ])
  isHeld = true
  const receiver = Probe.on(receiverPipe)
  const deliver = (...chunks: readonly Uint8Array[]): void => {
    isForged = true
    // The synchronous pair delivers each chunk within the call.
    a.writev(chunks)
    isForged = false
  }
  return { sender, receiver, below: a, records, deliver }
}

async function send(attacked: Attack, ...texts: string[]): Promise<Uint8Array[]> {
  attacked.sender.handle(new Probe(attacked.sender))
  for (const text of texts) attacked.sender.writev([utf8(text)])
  expect(attacked.records.length).toBe(texts.length)
  return attacked.records
}

async function failure({ receiver }: Attack): Promise<[code: unknown, received: string]> {
  const reason = (await receiver.closed()) as { code?: string } | undefined
  expect(receiver.hasEnded).toBe(false)
  expect(receiver.violations).toEqual([])
  return [reason?.code, Buffer.from(receiver.bytes()).toString()]
}

describe.each(providers)('a receiver with %s', (_, provider) => {
  test('takes the records as they were sent, whatever the chunks', async () => {
    const attacked = await attack(provider)
    const [one, two] = await send(attacked, 'one', 'two')
    const wire = concatBytes([one as Uint8Array, two as Uint8Array])
    attacked.deliver(...Array.from(wire, (byte) => Uint8Array.of(byte)))
    await attacked.receiver.received(6)
    expect(Buffer.from(attacked.receiver.bytes()).toString()).toBe('onetwo')
  })

  test('breaks at a flipped bit in any byte, and has passed on what came before', async () => {
    const { length } = (await send(await attack(provider), 'one', 'two'))[1] as Uint8Array
    for (let at = 0; at < length; at++) {
      const attacked = await attack(provider)
      const [one, two, three] = await send(attacked, 'one', 'two', 'three')
      const changed = new Uint8Array(two as Uint8Array)
      changed[at] = (changed[at] as number) ^ (1 << (at % 8))
      attacked.deliver(one as Uint8Array, changed, three as Uint8Array)
      // A length that was made larger waits for more, until the pipe ends.
      if (attacked.receiver.closes === 0) attacked.below.end()
      const [code, received] = await failure(attacked)
      expect(code, `byte ${at}`).toMatch(/^ASTRA_ERR_SECURE_(TAMPERED|RECORD|TRUNCATED)$/)
      if (at >= 4) expect(code, `byte ${at}`).toBe('ASTRA_ERR_SECURE_TAMPERED')
      expect('one'.startsWith(received)).toBe(true)
    }
  })

  test.each([
    ['a record is repeated', [0, 0], 'one'],
    ['a record is left out', [1, 2], ''],
    ['two records are swapped', [1, 0], ''],
    ['an earlier record comes again', [0, 1, 0], 'onetwo'],
  ])('breaks when %s', async (_name, order, received) => {
    const attacked = await attack(provider)
    const records = await send(attacked, 'one', 'two', 'three')
    attacked.deliver(...order.map((index) => records[index] as Uint8Array))
    expect(await failure(attacked)).toEqual(['ASTRA_ERR_SECURE_TAMPERED', received])
  })

  test('breaks when its own records come back', async () => {
    const attacked = await attack(provider)
    const sent: Uint8Array[] = []
    attacked.below.handle({ onData: (chunk) => sent.push(chunk), onDrain() {}, onEnd() {}, onClose() {} })
    attacked.below.resume()
    await attacked.receiver.send(utf8('mine'))
    attacked.deliver(concatBytes(sent))
    expect(await failure(attacked)).toEqual(['ASTRA_ERR_SECURE_TAMPERED', ''])
  })

  test('breaks when the pipe ends at any byte of a record, or between two', async () => {
    const { length } = (await send(await attack(provider), 'one'))[0] as Uint8Array
    for (let cut = 0; cut <= length; cut++) {
      const attacked = await attack(provider)
      const [one] = await send(attacked, 'one')
      attacked.deliver((one as Uint8Array).subarray(0, cut))
      attacked.below.end()
      expect(await failure(attacked), `cut at ${cut}`).toEqual([
        'ASTRA_ERR_SECURE_TRUNCATED',
        cut === length ? 'one' : '',
      ])
    }
  })

  test('breaks at an end that was forged', async () => {
    const attacked = await attack(provider)
    attacked.deliver(Uint8Array.of(1, 0, 0, 0), new Uint8Array(16))
    expect(await failure(attacked)).toEqual(['ASTRA_ERR_SECURE_TAMPERED', ''])
  })

  test('breaks when something follows the end, though the end was right', async () => {
    const attacked = await attack(provider)
    const [one] = await send(attacked, 'one')
    attacked.sender.end()
    attacked.deliver(one as Uint8Array, attacked.records[1] as Uint8Array, Uint8Array.of(0))
    const reason = (await attacked.receiver.closed()) as { code?: string }
    expect(reason.code).toBe('ASTRA_ERR_SECURE_RECORD')
  })

  test('breaks at a header that is none, before the record is there', async () => {
    const attacked = await attack(provider)
    attacked.deliver(Uint8Array.of(0, 4, 0, 1))
    expect(await failure(attacked)).toEqual(['ASTRA_ERR_SECURE_RECORD', ''])
  })

  test('breaks the pipe, so that the sender notices, and sends nothing more', async () => {
    const attacked = await attack(provider)
    attacked.sender.handle(new Probe(attacked.sender))
    const peer = Probe.on(attacked.sender)
    attacked.deliver(Uint8Array.of(9, 9, 9, 9))
    expect((await peer.closed())?.message).toBe('The other end of the pipe aborted it.')
    expect(attacked.receiver.write(utf8('late'))).toBe(true)
    expect(peer.receivedBytes).toBe(0)
  })
})

test('what passes the wire is not the plaintext', async () => {
  const attacked = await attack(nodeCrypto)
  const [record] = await send(attacked, 'a text that is easy to find')
  expect(hex(record as Uint8Array)).not.toContain(hex(utf8('easy')))
  expect((record as Uint8Array).length).toBe(27 + 20)
})
