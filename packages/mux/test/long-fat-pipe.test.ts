import { VirtualClock, simLink } from '@astranet/testkit/sim'
import { describe, expect, it } from 'vitest'
import { Session, type Stream } from '../src/index.js'

interface Pipe {
  readonly bytesPerSecond: number
  readonly roundTripMs: number
  /** What the sender's system holds, what is under way included. */
  readonly bufferBytes?: number
}

/** 1 Gbit/s with a round trip of 100 ms: 12.5 MB are under way when it is full. */
const LONG_AND_FAT: Pipe = { bytesPerSecond: 125_000_000, roundTripMs: 100 }

/** How long windows may take to open, then how long is measured. */
const WARM_UP_ROUND_TRIPS = 20
const MEASURED_ROUND_TRIPS = 20

describe('without tuning', () => {
  it.each<Pipe>([
    LONG_AND_FAT,
    { ...LONG_AND_FAT, bufferBytes: 16_777_216 },
    { bytesPerSecond: 125_000_000, roundTripMs: 10 },
    { bytesPerSecond: 1_250_000_000, roundTripMs: 1 },
    { bytesPerSecond: 12_500_000, roundTripMs: 300 },
    { bytesPerSecond: 1_250_000, roundTripMs: 100 },
    { bytesPerSecond: 125_000, roundTripMs: 1_000 },
  ])('one stream reaches 90 % of $bytesPerSecond bytes/s with a round trip of $roundTripMs ms', (pipe) => {
    const [share] = sharesOf(1, pipe)
    expect(share).toBeGreaterThan(0.9)
  })

  it('100 streams fill 1 Gbit/s with a round trip of 100 ms and share it within 10 %', () => {
    const shares = sharesOf(100, LONG_AND_FAT)
    const sum = shares.reduce((all, share) => all + share, 0)
    expect(sum).toBeGreaterThan(0.9)
    for (const share of shares) {
      expect(share / (sum / 100)).toBeGreaterThan(0.9)
      expect(share / (sum / 100)).toBeLessThan(1.1)
    }
  })
})

/** Keeps `count` streams full; what part of the pipe each got once it was warm. */
function sharesOf(count: number, pipe: Pipe): number[] {
  const { bytesPerSecond, roundTripMs } = pipe
  const bandwidthDelay = (bytesPerSecond * roundTripMs) / 1000
  const { bufferBytes = Math.max(262_144, 1.1 * bandwidthDelay) } = pipe
  const clock = new VirtualClock()
  const link = simLink(clock, { delayMs: roundTripMs / 2, bytesPerSecond, bufferBytes })
  const received = new Map<number, number>()
  const sender = new Session(link.a, { role: 'client', clock, random: () => 0.5 })
  const receiver = new Session(link.b, {
    role: 'server',
    clock,
    random: () => 0.5,
    handler: { onStream: (stream) => countBytes(stream, received) },
  })
  // The peer's transport parameters allow streams.
  clock.advance(roundTripMs)
  for (let i = 0; i < count; i++) pump(sender.tryOpenStream() as Stream)
  clock.advance(WARM_UP_ROUND_TRIPS * roundTripMs)
  const before = new Map(received)
  const measuredMs = MEASURED_ROUND_TRIPS * roundTripMs
  clock.advance(measuredMs)
  const bytes = [...received].map(([id, now]) => now - (before.get(id) ?? 0))
  for (const session of [sender, receiver]) session.close()
  clock.advance(10_000)
  expect(bytes).toHaveLength(count)
  return bytes.map((each) => each / ((bytesPerSecond * measuredMs) / 1000))
}

function countBytes(stream: Stream, received: Map<number, number>): void {
  received.set(stream.id, 0)
  stream.handle({
    onData: ({ id }, chunk) => void received.set(id, (received.get(id) ?? 0) + chunk.length),
    onEnd: () => {},
  })
}

function pump(stream: Stream): void {
  const piece = new Uint8Array(65_536)
  const write = (): void => {
    while (stream.write(piece));
  }
  stream.handle({ onData: () => {}, onEnd: () => {}, onWritable: write })
  write()
}
