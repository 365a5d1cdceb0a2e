import { simLink, VirtualClock } from '@astranet/testkit/sim'
import { describe, expect, it } from 'vitest'
import { Session, type SessionOptions, type Stream, type StreamHandler } from '../src/index.js'

const SILENT: StreamHandler = { onData: () => undefined, onEnd: () => undefined }

interface Connected {
  readonly clock: VirtualClock
  /** The streams that were opened, and their other ends. */
  readonly near: readonly Stream[]
  readonly far: readonly Stream[]
}

/** Streams between two sessions on virtual time. */
function connectedBy(count: number, options: Partial<SessionOptions> = {}): Connected {
  const clock = new VirtualClock()
  const link = simLink(clock, { delayMs: 1, bytesPerSecond: 100_000_000 })
  const [near, far]: [Stream[], Stream[]] = [[], []]
  const common = { ...options, clock, random: () => 0.5 }
  const client = new Session(link.a, { ...common, role: 'client' })
  new Session(link.b, { ...common, role: 'server', handler: { onStream: (stream) => far.push(stream) } })
  clock.advance(100)
  for (let index = 0; index < count; index++) {
    const stream = client.tryOpenStream()
    stream?.handle(SILENT)
    if (stream !== undefined) near.push(stream)
  }
  clock.advance(100)
  return { clock, near, far }
}

function connected(): { clock: VirtualClock; near: Stream; far: Stream } {
  const { clock, near, far } = connectedBy(1)
  return { clock, near: near[0] as Stream, far: far[0] as Stream }
}

/** The codes with which streams end that nobody reads, while the receive buffer is full. */
function evicted(isCarrier: boolean): { codes: string[]; delivered: number } {
  const options = { maxReceiveBufferBytes: 65_536, unreadGraceMs: 100 }
  const { clock, near, far } = connectedBy(6, options)
  const codes: string[] = []
  let delivered = 0
  for (const stream of far) {
    if (isCarrier) stream.carry(16_384)
    const onData = (_: Stream, { length }: Uint8Array): number => (delivered += length)
    stream.handle({ ...SILENT, onData, onReset: (_, { code }) => codes.push(code) })
    stream.pause()
  }
  for (const stream of near) stream.write(new Uint8Array(16_000))
  // Something arrives from time to time.
  for (let second = 0; second < 10; second++) {
    near[second % 6]?.write(new Uint8Array(10))
    clock.advance(1_000)
  }
  for (const stream of far) stream.resume()
  clock.advance(10_000)
  return { codes, delivered }
}

describe('a carrier', () => {
  it('is not evicted for being unread, as other streams are: its peer waits', () => {
    expect(evicted(false).codes).toContain('ASTRA_ERR_STREAM_EVICTED')
    expect(evicted(true)).toEqual({ codes: [], delivered: 6 * 16_000 + 100 })
  })

  it('tells how far it was sent, and that the peer allows more', () => {
    const { clock, near, far } = connected()
    const seen: { sent: number; credit: number }[] = []
    near.carry(16_384)
    near.handle({
      ...SILENT,
      onProgress: (stream) => seen.push({ sent: stream.sentBytes, credit: stream.sendCredit }),
    })
    far.manualCredit = true
    far.handle(SILENT)
    expect(near.sendCredit).toBe(16_384)
    near.write(new Uint8Array(100_000))
    expect(near.sendCredit).toBe(0)
    clock.advance(100)
    expect(seen.at(-1)).toEqual({ sent: 16_384, credit: 0 })
    const calls = seen.length
    far.consume(16_384)
    clock.advance(100)
    expect(seen.length).toBeGreaterThan(calls)
    expect(near.sentBytes).toBeGreaterThan(16_384)
  })

  it('has a window of what it is given at most, which grows to that without regard to the round trip', () => {
    const { clock, near, far } = connected()
    far.carry(100_000)
    far.handle(SILENT)
    let most = 0
    near.handle(SILENT)
    for (let index = 0; index < 200; index++) {
      near.write(new Uint8Array(20_000))
      clock.advance(1)
      most = Math.max(most, near.sendCredit + near.bufferedBytes)
    }
    clock.advance(1_000)
    expect(near.sendCredit).toBeGreaterThan(60_000)
    expect(near.sendCredit).toBeLessThanOrEqual(100_000)
    expect(() => far.carry(16_383)).toThrow(RangeError)
  })

  it('does not copy what is written by reference while it waits', () => {
    const { clock, near, far } = connected()
    let flushed = 0
    near.carry(16_384)
    near.handle({ ...SILENT, onFlushed: () => (flushed += 1) })
    far.handle(SILENT)
    far.pause()
    near.writeReferenced(new Uint8Array(100_000))
    clock.advance(10_000)
    expect(flushed).toBe(0)
    expect(near.bufferedBytes).toBeGreaterThan(50_000)
    far.resume()
    clock.advance(10_000)
    expect(flushed).toBe(1)
  })
})
