import { VirtualClock, simLink } from '@astranet/testkit/sim'
import { describe, expect, it } from 'vitest'
import { Session, type Stream } from '../../src/index.js'
import { Counter, pump } from './virtual-sessions.js'

interface Path {
  readonly delayMs: number
  readonly bytesPerSecond: number
}

/** Two sessions on a path that queues up to 8 MiB. */
class QueueingPath {
  readonly sender: Session
  readonly #clock = new VirtualClock()
  readonly #counters: Counter[] = []

  constructor(path: Path) {
    const clock = this.#clock
    const link = simLink(clock, { ...path, bufferBytes: 8_388_608 })
    const random = (): number => 0.5
    const onStream = (stream: Stream): void => void this.#counters.push(new Counter(stream))
    this.sender = new Session(link.a, { role: 'client', clock, random })
    new Session(link.b, { role: 'server', clock, random, handler: { onStream } })
    this.pass(1_000)
  }

  pass(ms: number): void {
    this.#clock.advance(ms)
  }

  fillOne(): void {
    pump(this.sender.tryOpenStream() as Stream)
  }

  /** What each stream gets within this time, as a part of the equal share. */
  shares(ms: number): number[] {
    const before = this.#counters.map(({ bytes }) => bytes)
    this.pass(ms)
    const bytes = this.#counters.map((counter, index) => counter.bytes - (before[index] ?? 0))
    const sum = bytes.reduce((all, each) => all + each, 0)
    return bytes.map((each) => (each * bytes.length) / sum)
  }
}

describe('streams that begin while others fill the path', () => {
  it.each([
    { count: 2, delayMs: 10 },
    { count: 10, delayMs: 1 },
    { count: 10, delayMs: 10 },
    { count: 10, delayMs: 50 },
  ])('share it like equals after some seconds: $count streams, $delayMs ms', ({ count, delayMs }) => {
    const path = new QueueingPath({ delayMs, bytesPerSecond: 10_000_000 })
    for (let index = 0; index < count; index++) {
      path.fillOne()
      path.pass(700)
    }
    path.pass(6_000)
    const shares = path.shares(4_000)
    expect(shares).toHaveLength(count)
    expect(Math.min(...shares)).toBeGreaterThan(0.85)
    expect(Math.max(...shares)).toBeLessThan(1.15)
  })
})

it('300 streams that begin together share the path within 5 %', () => {
  const path = new QueueingPath({ delayMs: 10, bytesPerSecond: 10_000_000 })
  for (let index = 0; index < 300; index++) path.fillOne()
  path.pass(6_000)
  const shares = path.shares(10_000)
  expect(Math.min(...shares)).toBeGreaterThan(0.95)
  expect(Math.max(...shares)).toBeLessThan(1.05)
})

it('a stream that is alone on a slow path makes no long queue', async () => {
  const path = new QueueingPath({ delayMs: 10, bytesPerSecond: 1_000_000 })
  path.fillOne()
  const pings: Promise<number>[] = []
  for (let count = 0; count < 30; count++) {
    pings.push(path.sender.ping())
    path.pass(1_500)
  }
  path.pass(10_000)
  // Its window is four round trips of 20 ms; while a larger window is tried it is eight.
  expect(Math.max(...(await Promise.all(pings)))).toBeLessThan(200)
})
