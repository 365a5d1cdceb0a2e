import { lendingDuplex } from '@astranet/testkit'
import { simLink, VirtualClock } from '@astranet/testkit/sim'
import { expect, it } from 'vitest'
import { Session, type Stream, type StreamHandler } from '../src/index.js'
import { pattern } from './support/recorder.js'

const BYTES = 700_000

/** Two sessions whose pipe lends, and overwrites what it lent. */
function connected() {
  const clock = new VirtualClock()
  const link = simLink(clock, { delayMs: 1, bytesPerSecond: 100_000_000 })
  const arrived: Stream[] = []
  const lent = { bytes: 0 }
  const common = { clock, random: () => 0.5 }
  const client = new Session(link.a, { ...common, role: 'client' })
  new Session(
    lendingDuplex(link.b, (bytes) => (lent.bytes += bytes)),
    { ...common, role: 'server', handler: { onStream: (stream) => arrived.push(stream) } },
  )
  clock.advance(100)
  /** A stream that was opened, and its other end. */
  const open = (): [near: Stream, far: Stream] => {
    const near = client.tryOpenStream() as Stream
    near.handle({ onData: () => undefined, onEnd: () => undefined })
    clock.advance(100)
    return [near, arrived.at(-1) as Stream]
  }
  return { clock, lent, open }
}

/** Keeps what it gets: as it is, or a copy of what is lent. */
function keeping(chunks: Uint8Array[], isAware: boolean): StreamHandler {
  return {
    onData: (stream, chunk) => void chunks.push(isAware && stream.isLent ? chunk.slice() : chunk),
    onEnd: () => undefined,
  }
}

it('borrows no chunk while none of its streams is a carrier', () => {
  const { clock, lent, open } = connected()
  const [near, far] = open()
  const chunks: Uint8Array[] = []
  far.handle(keeping(chunks, false))
  near.write(pattern(BYTES))
  clock.advance(1_000)
  expect(Buffer.concat(chunks).equals(pattern(BYTES))).toBe(true)
  expect(lent.bytes).toBe(0)
})

it('lends to carriers, and gives other streams bytes of their own', () => {
  const { clock, lent, open } = connected()
  const [carrier, other] = [open(), open()]
  const [carried, kept]: [Uint8Array[], Uint8Array[]] = [[], []]
  carrier[1].carry(1_048_576)
  carrier[1].handle(keeping(carried, true))
  other[1].handle(keeping(kept, false))
  for (const [near] of [carrier, other]) near.write(pattern(BYTES))
  clock.advance(1_000)
  expect(lent.bytes).toBeGreaterThan(BYTES)
  for (const chunks of [carried, kept]) expect(Buffer.concat(chunks).equals(pattern(BYTES))).toBe(true)
})

it('lends what has waited for a carrier, in parts as large as it asks for', () => {
  const { clock, open } = connected()
  const [near, far] = open()
  const chunks: Uint8Array[] = []
  far.carry(1_048_576)
  far.manualCredit = true
  far.handle(keeping(chunks, true))
  far.pause()
  near.write(pattern(BYTES))
  for (let left = BYTES; left > 0;) {
    clock.advance(100)
    const before = chunks.length
    far.resumeFor(10_000)
    const taken = chunks.slice(before).reduce((sum, { length }) => sum + length, 0)
    expect(taken).toBeLessThanOrEqual(10_000)
    expect(far.isPaused).toBe(far.unreadBytes > taken)
    far.pause()
    far.consume(taken)
    left -= taken
  }
  expect(Buffer.concat(chunks).equals(pattern(BYTES))).toBe(true)
})

it('delivers again, and first, what a carrier has put back', () => {
  const { clock, open } = connected()
  const [near, far] = open()
  const chunks: Uint8Array[] = []
  far.carry(1_048_576)
  far.handle({
    onData(stream, chunk) {
      const taken = Math.min(chunk.length, 5_000)
      chunks.push(chunk.slice(0, taken))
      stream.putBack(chunk.subarray(taken))
    },
    onEnd: () => undefined,
  })
  near.write(pattern(BYTES))
  let received = 0
  for (let turn = 0; received < BYTES && turn < 1_000; turn++) {
    clock.advance(20)
    far.resume()
    received = chunks.reduce((sum, { length }) => sum + length, 0)
  }
  expect(Buffer.concat(chunks).equals(pattern(BYTES))).toBe(true)
})

it('copies what is written from memory that is used again', () => {
  const { clock, open } = connected()
  const [near, far] = open()
  const chunks: Uint8Array[] = []
  far.handle(keeping(chunks, false))
  const memory = new Uint8Array(50_000)
  const sent: Uint8Array[] = []
  for (let index = 0; index < 40; index++) {
    memory.fill(index)
    const length = 1_000 + index * 1_200
    sent.push(memory.slice(0, length))
    near.writeCopied(memory.subarray(0, length))
    memory.fill(0xee)
    if (index % 3 === 0) clock.advance(30)
  }
  clock.advance(1_000)
  expect(Buffer.concat(chunks).equals(Buffer.concat(sent))).toBe(true)
})
