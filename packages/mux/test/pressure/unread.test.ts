import { describe, expect, it } from 'vitest'
import type { Stream } from '../../src/index.js'
import { Counter, openOn, pump, until, virtualSessions, type VirtualSessions } from './virtual-sessions.js'

const MEBIBYTE = 1_048_576

/** The window every stream begins with: what a peer can fill without anyone reading. */
const FIRST_WINDOW_BYTES = 16_384

/** What a kept block costs besides its bytes counts as held, and is known only when it has arrived: 1 % here. */
const OVERHEAD = 1.01

const CAP_BYTES = 16 * MEBIBYTE
const GRACE_MS = 10_000
const EVICTION_CODE = 0x77

const LIMITS = {
  maxReceiveBufferBytes: CAP_BYTES,
  unreadGraceMs: GRACE_MS,
  evictionCode: EVICTION_CODE,
}

/** Opens streams and writes more on each than the first window takes. */
function overfill(sessions: VirtualSessions, count: number): { stream: Stream; seen: Counter }[] {
  const bytes = new Uint8Array(2 * FIRST_WINDOW_BYTES)
  const writers = Array.from({ length: count }, () => {
    const stream = openOn(sessions)
    return { stream, seen: new Counter(stream) }
  })
  for (const { stream } of writers) stream.write(bytes)
  return writers
}

/** How long it takes to move `bytes` on one more stream, in ms of virtual time. */
function timeToMove(sessions: VirtualSessions, bytes: number): number {
  const { clock, accepted } = sessions
  const startedAt = clock.now()
  const { id } = startPump(sessions, bytes)
  let far: Stream | undefined
  until(clock, () => (far = accepted.find((stream) => stream.id === id)) !== undefined)
  const counter = new Counter(far as unknown as Stream)
  until(clock, () => counter.hasEnded)
  expect(counter.bytes).toBe(bytes)
  return clock.now() - startedAt
}

function startPump(sessions: VirtualSessions, bytes: number): Stream {
  const stream = openOn(sessions)
  pump(stream, bytes)
  return stream
}

/** Keeps a stream of urgency 0 busy: 1 KiB now and then, which must arrive. */
class Heartbeat {
  readonly #sessions: VirtualSessions
  readonly #stream: Stream
  readonly #counter: Counter
  #sent = 0

  constructor(sessions: VirtualSessions) {
    this.#sessions = sessions
    this.#stream = openOn(sessions, 0)
    sessions.settle()
    this.#counter = new Counter(sessions.accepted.at(-1) as Stream)
  }

  /** Sends 1 KiB and expects it within four round trips, whatever else waits. */
  beat(): void {
    this.#stream.write(new Uint8Array(1_024))
    this.#sent += 1_024
    this.#sessions.settle()
    expect(this.#counter.bytes).toBe(this.#sent)
  }
}

describe('1,000 streams that nobody reads', () => {
  it('leave one that is read at full speed: 64 MiB move as fast as without them', { timeout: 60_000 }, () => {
    const alone = timeToMove(virtualSessions({}), 64 * MEBIBYTE)
    const told: string[] = []
    const sessions = virtualSessions({}, { onUnreadPressure: () => told.push('pressure') })
    overfill(sessions, 1_000)
    sessions.clock.advance(5_000)
    expect(sessions.accepted.map((stream) => stream.unreadBytes)).toEqual(
      new Array(1_000).fill(FIRST_WINDOW_BYTES),
    )
    expect(timeToMove(sessions, 64 * MEBIBYTE)).toBeLessThan(1.1 * alone)
    expect(told).toEqual([])
    expect(sessions.accepted.every((stream) => stream.unreadBytes !== 0 || stream.id === 4_000)).toBe(true)
  })
})

describe('10,000 streams that nobody reads', () => {
  it('hold no more than the cap, are told of, and the longest unread make room', { timeout: 60_000 }, () => {
    let told: Stream[] = []
    let times = 0
    const sessions = virtualSessions(LIMITS, {
      onUnreadPressure(unread) {
        if (times === 0) told = [...unread]
        times += 1
      },
    })
    const { clock, accepted } = sessions
    const heart = new Heartbeat(sessions)
    const writers = overfill(sessions, 10_000)
    const { receiveWindow } = (accepted[0] as Stream).host
    until(clock, () => times > 0)
    const toldAt = clock.now()
    expect(told.length).toBeGreaterThan(100)
    expect(told.map(({ id }) => id)).toEqual(writers.slice(0, told.length).map(({ stream }) => stream.id))
    while (clock.now() < toldAt + GRACE_MS - 1_000) {
      heart.beat()
      expect(receiveWindow.unreadBytes).toBeLessThanOrEqual(CAP_BYTES * OVERHEAD)
    }
    const first = writers[0]?.seen as Counter
    expect([times, first.resetError]).toEqual([1, undefined])
    expect(receiveWindow.unreadBytes).toBeGreaterThan(CAP_BYTES * 0.9)

    for (let i = 0; i < 5; i++) heart.beat()
    for (const stream of told.slice(0, 100)) {
      expect(new Counter(stream).resetError).toMatchObject({ code: 'ASTRA_ERR_STREAM_EVICTED' })
    }
    for (const { seen } of writers.slice(0, 100)) {
      expect(seen.stopError).toMatchObject({ code: 'EPIPE', applicationCode: EVICTION_CODE })
      expect(seen.resetError).toMatchObject({ code: 'ECONNRESET', applicationCode: EVICTION_CODE })
    }
    expect((writers.at(-1)?.seen as Counter).resetError).toBe(undefined)
    // The peer shares what becomes free among all that wait: the rest moves, and fast when the last of them has gone.
    timeToMove(sessions, 4 * MEBIBYTE)
    expect(receiveWindow.unreadBytes).toBeLessThanOrEqual(CAP_BYTES * OVERHEAD)
    expect(times).toBeGreaterThan(1)
    heart.beat()
  })
})

describe('four streams whose windows had grown before their readers stopped', () => {
  it('hold half the cap at most, and go first when unread streams fill the rest', { timeout: 60_000 }, () => {
    let told: Stream[] = []
    const sessions = virtualSessions(
      { ...LIMITS, maxReceiveBufferBytes: 64 * MEBIBYTE },
      {
        onUnreadPressure: (unread) => (told.length === 0 ? (told = [...unread]) : undefined),
      },
    )
    const { clock, accepted } = sessions
    const heart = new Heartbeat(sessions)
    const writers = [openOn(sessions), openOn(sessions), openOn(sessions), openOn(sessions)]
    for (const stream of writers) pump(stream)
    sessions.settle()
    const stopped = accepted.slice(1)
    for (const stream of stopped) new Counter(stream)
    clock.advance(2_000)
    for (const stream of stopped) stream.pause()
    clock.advance(1_000)
    const { receiveWindow } = (stopped[0] as Stream).host
    for (const { unreadBytes } of stopped) expect(unreadBytes).toBeGreaterThan(4 * MEBIBYTE)
    expect(receiveWindow.unreadBytes).toBeLessThanOrEqual((32 * MEBIBYTE + 4 * FIRST_WINDOW_BYTES) * OVERHEAD)
    heart.beat()
    expect(told).toEqual([])

    overfill(sessions, 2_000)
    until(clock, () => told.length > 0)
    const toldAt = clock.now()
    expect(new Set(told.slice(0, 4))).toEqual(new Set(stopped))
    while (clock.now() < toldAt + GRACE_MS + 1_000) {
      heart.beat()
      expect(receiveWindow.unreadBytes).toBeLessThanOrEqual(64 * MEBIBYTE * OVERHEAD)
    }
    for (const stream of stopped)
      expect(new Counter(stream).resetError).toMatchObject({ code: 'ASTRA_ERR_STREAM_EVICTED' })
    expect(new Counter(accepted[5] as Stream)).toMatchObject({ resetError: undefined })
    timeToMove(sessions, 4 * MEBIBYTE)
    heart.beat()
  })
})
