import { describe, expect, it } from 'vitest'
import { encodeMessage } from '@astranet/frame/message'
import { toNodeId } from '@astranet/interface'
import { Session, type Stream } from '@astranet/mux'
import { sharedSecretProof, type HelloProof, type LinkOptions } from '@astranet/link'
import { encodePreamble } from '../src/proto/preamble.js'
import { proofInput } from '../src/proto/proof-input.js'
import { memoryPipe } from './support/memory-pipe.js'
import { rawHello, rawPreamble, stripPreamble } from './support/raw-peer.js'
import { Reader, Side } from './support/side.js'
import { VirtualClock } from './support/virtual-clock.js'

const secret = await sharedSecretProof('correct horse battery staple')
const otherSecret = await sharedSecretProof('correct horse battery stable')

interface Pair {
  readonly clock: VirtualClock
  readonly left: Side
  readonly right: Side
}

function pair(left: Partial<LinkOptions>, right: Partial<LinkOptions>): Pair {
  const clock = new VirtualClock()
  const [one, other] = memoryPipe(clock)
  return {
    clock,
    left: new Side(one, { id: 1n, clock, role: 'dialer', ...left }),
    right: new Side(other, { id: 2n, clock, role: 'acceptor', ...right }),
  }
}

/** Lets the clock and the promises run until `isTrue`. */
async function until(clock: VirtualClock, isTrue: () => boolean): Promise<void> {
  for (clock.run(); !isTrue(); clock.run()) await new Promise((resolve) => setImmediate(resolve))
}

/** Lets pending proofs and messages complete. */
async function runPending(clock: VirtualClock): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    clock.run()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function openBoth({ clock, left, right }: Pair): Promise<void> {
  left.link.start()
  right.link.start()
  await until(clock, () => left.link.isOpen && right.link.isOpen)
}

async function closeBoth({ clock, left, right }: Pair): Promise<void> {
  left.link.start()
  right.link.start()
  await until(clock, () => left.closes.length === 1 && right.closes.length === 1)
  expect([...left.opened, ...right.opened]).toEqual([])
}

/** A client that speaks QMux and sends what a test chooses, and the link that accepted it. */
async function rawClient(proof: HelloProof): Promise<{ clock: VirtualClock; side: Side; control: Stream }> {
  const clock = new VirtualClock()
  const [pipe, raw] = memoryPipe(clock)
  const side = new Side(pipe, { id: 1n, clock, role: 'acceptor', proof })
  side.link.start()
  raw.writev([encodePreamble(rawPreamble)])
  const session = new Session(stripPreamble(raw), { role: 'client', clock, handler: {} })
  clock.run()
  const control = session.tryOpenStream() as Stream
  control.handle(new Reader())
  return { clock, side, control }
}

describe('a link whose sides prove that they know a secret', () => {
  it.each([
    ['dialer', 'acceptor'],
    ['acceptor', 'dialer'],
    ['either', 'either'],
    ['dialer', 'dialer'],
  ] as const)('opens between a %s and a %s with the same one', async (one, other) => {
    const both = pair({ role: one, proof: secret }, { role: other, proof: secret })
    await openBoth(both)
    expect([both.left.opened, both.right.opened]).toEqual([['2'], ['1']])
  })

  it('does not open with different ones, and both sides learn why', async () => {
    const both = pair({ proof: secret }, { proof: otherSecret })
    await closeBoth(both)
    for (const side of [both.left, both.right]) {
      expect(side.closes[0]).toMatchObject({
        code: 'ASTRA_ERR_LINK_AUTHENTICATION',
        message: expect.stringContaining('do not have the same secret'),
      })
    }
  })

  it.each([
    ['client', { proof: secret }, {}],
    ['server', {}, { proof: secret }],
  ])('does not open when only the %s has one, and both sides learn why', async (_, left, right) => {
    const both = pair(left, right)
    await closeBoth(both)
    for (const side of [both.left, both.right])
      expect(side.closes[0]).toMatchObject({ code: 'ASTRA_ERR_LINK_AUTHENTICATION' })
  })

  it('delivers what comes right behind the HELLOs', async () => {
    const both = pair({ proof: secret }, { proof: secret })
    both.left.onOpen = () => void both.left.link.send(0x10, 'from the client')
    both.right.onOpen = () => void both.right.link.send(0x10, 'from the server')
    await openBoth(both)
    await runPending(both.clock)
    expect(both.left.messages).toEqual([[0x10, 'from the server']])
    expect(both.right.messages).toEqual([[0x10, 'from the client']])
  })

  it('ends in good order when the peer drains at once', async () => {
    const both = pair({ proof: secret }, { proof: secret })
    both.right.onOpen = () => void both.right.link.drain()
    both.left.link.start()
    both.right.link.start()
    await until(both.clock, () => both.left.closes.length === 1 && both.right.closes.length === 1)
    expect([both.left.closes, both.right.closes]).toEqual([[undefined], [undefined]])
  })
})

describe('a link accepted from a peer that must prove something', () => {
  const never: HelloProof = { prove: () => new Promise(() => {}), verify: () => new Promise(() => {}) }
  const hello = encodeMessage({ ...rawHello, p: new Uint8Array(32) })
  const message = encodeMessage([0x10, 'let me in'])

  it('delivers nothing of the peer before it has', async () => {
    const { clock, side, control } = await rawClient(never)
    control.write(hello)
    control.write(message)
    await runPending(clock)
    expect([side.opened, side.messages, side.closes]).toEqual([[], [], []])
  })

  it('delivers nothing of the peer when the proof is wrong, and does not call admit', async () => {
    const { clock, side, control } = await rawClient(secret)
    let asked = 0
    side.admit = () => void asked++ as undefined
    control.write(hello)
    control.write(message)
    await until(clock, () => side.closes.length === 1)
    expect(side.closes[0]).toMatchObject({ code: 'ASTRA_ERR_LINK_AUTHENTICATION' })
    expect([side.opened, side.messages, asked]).toEqual([[], [], 0])
  })

  it('ends in time when the check does not', async () => {
    const { clock, side, control } = await rawClient(never)
    control.write(hello)
    await runPending(clock)
    clock.advance(10_000)
    clock.advance(60_000)
    await until(clock, () => side.closes.length === 1)
    expect(side.closes[0]).toMatchObject({ code: 'ASTRA_ERR_LINK_HELLO_TIMEOUT' })
  })

  it('can be destroyed while the proof is checked', async () => {
    let answer: (isRight: boolean) => void = () => {}
    const slow: HelloProof = { ...never, verify: () => new Promise((resolve) => (answer = resolve)) }
    const { clock, side, control } = await rawClient(slow)
    control.write(hello)
    await runPending(clock)
    const reason = new Error('enough')
    side.link.destroy(reason)
    answer(true)
    await runPending(clock)
    expect([side.opened, side.closes]).toEqual([[], [reason]])
  })

  it.each([
    ['make', { ...never, prove: () => Promise.reject(new Error('no key')), verify: async () => true }],
    ['check', { ...never, verify: () => Promise.reject(new Error('no key')) }],
    ['shorten', { prove: async () => new Uint8Array(1025), verify: async () => true }],
  ])('ends when this side cannot %s a proof', async (_, broken) => {
    const { clock, side, control } = await rawClient(broken)
    control.write(hello)
    await until(clock, () => side.closes.length === 1)
    expect(side.closes[0]).toMatchObject({ code: 'ASTRA_ERR_LINK_INTERNAL' })
    expect(side.opened).toEqual([])
  })
})

describe('a proof', () => {
  it('is the one in the specification', async () => {
    const count = (first: number): Uint8Array => Uint8Array.from({ length: 16 }, (_, index) => first + index)
    const shared = { qmuxDraft: 2, isResuming: false }
    const client = {
      ...shared,
      role: 'dialer',
      nonce: count(0),
      nodeId: toNodeId(0x0102030405060708n),
    } as const
    const server = {
      ...shared,
      role: 'acceptor',
      nonce: count(16),
      nodeId: toNodeId(0x1112131415161718n),
    } as const
    const proofs = await Promise.all(
      (['client', 'server'] as const).map(async (prover) =>
        Buffer.from(await secret.prove(proofInput(prover, { client, server }))).toString('hex'),
      ),
    )
    expect(proofInput('client', { client, server })).toHaveLength(74)
    expect(proofs).toEqual([
      '080c156cebd2cb55177dae8b8b80df6a58e5bb9515482de03fd29ffa8fb43b0a',
      '530e24d1d5504949da12480dd7b411821aa4e0525c5735ff2ab8585c08fdc199',
    ])
  })

  it('of one side is not one of the other', async () => {
    const preambles = { client: rawPreamble, server: { ...rawPreamble, nodeId: toNodeId(8n) } }
    const proof = await secret.prove(proofInput('client', preambles))
    expect(await secret.verify(proofInput('client', preambles), proof)).toBe(true)
    expect(await secret.verify(proofInput('server', preambles), proof)).toBe(false)
    expect(await secret.verify(proofInput('client', preambles), proof.subarray(1))).toBe(false)
    expect(await secret.verify(proofInput('client', preambles), new Uint8Array(0))).toBe(false)
  })

  it('comes of a secret of at least 16 characters', async () => {
    await expect(sharedSecretProof('x'.repeat(15))).rejects.toThrow(RangeError)
    await expect(sharedSecretProof(`${'x'.repeat(16)}\n`)).rejects.toThrow(/white space/)
    await expect(sharedSecretProof(7 as unknown as string)).rejects.toThrow(TypeError)
  })
})
