import { simLink, VirtualClock } from '@astranet/testkit/sim'
import { describe, expect, it } from 'vitest'
import { MemoryBudget, Session, type SessionOptions, type Stream, type StreamHandler } from '../src/index.js'
import { ReceiveWindow } from '../src/proto/receive/session-window.js'

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

describe('carriers and the other streams of a session', () => {
  it('reserve no more of a shared budget than other links, until they are used', () => {
    const memoryBudget = new MemoryBudget(268_435_456)
    const links = Array.from({ length: 100 }, () => {
      const link = connectedBy(1, { memoryBudget })
      for (const stream of [...link.near, ...link.far]) stream.carry(16_777_216)
      link.near[0]?.write(new Uint8Array(10_000))
      link.clock.advance(1_000)
      return link
    })
    expect(links).toHaveLength(100)
    // Two ends of each link, with a window of 1 MiB and what holding unread bytes costs.
    expect(memoryBudget.reservedBytes).toBeLessThanOrEqual(200 * 1_050_000)
  })

  it('widen the window of a busy session to 4 MiB, until the last carrier ends', () => {
    const window = new ReceiveWindow(67_108_864, new MemoryBudget(67_108_864))
    const use = (): void => {
      // So slowly that the bandwidth-delay product says nothing.
      for (let round = 1; round <= 20; round++) {
        const bytes = window.outstandingBytes
        expect(window.receive(bytes)).toBe(true)
        window.consume(bytes)
        window.update(round * 60_000, 1, undefined)
      }
    }
    use()
    expect(window.windowBytes).toBe(1_048_576)
    window.addCarrier()
    window.addCarrier()
    expect(window.windowBytes).toBe(1_048_576)
    use()
    expect(window.windowBytes).toBe(4_194_304)
    window.removeCarrier()
    expect(window.windowBytes).toBe(4_194_304)
    window.removeCarrier()
    expect(window.windowBytes).toBe(1_048_576)
  })

  it('leave the others what they need, however many carriers nobody reads', () => {
    const { clock, near, far } = connectedBy(41, { maxReceiveBufferBytes: 262_144, unreadGraceMs: 100 })
    const codes: string[] = []
    let received = 0
    for (const [index, stream] of far.entries()) {
      const isCarrier = index < 40
      if (isCarrier) stream.carry(16_777_216)
      const onData = (_: Stream, { length }: Uint8Array): void => void (isCarrier || (received += length))
      stream.handle({ ...SILENT, onData, onReset: (_, { code }) => codes.push(code) })
      if (isCarrier) stream.pause()
    }
    for (const stream of near.slice(0, 40)) stream.write(new Uint8Array(20_000))
    clock.advance(1_000)
    near[40]?.write(new Uint8Array(3_000_000))
    clock.advance(10_000)
    expect({ codes, received }).toEqual({ codes: [], received: 3_000_000 })
  })
})
