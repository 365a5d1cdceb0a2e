import { describe, expect, it } from 'vitest'
import type { Stream } from '../../src/index.js'
import { connectedPair, type Pair, type Side } from '../support/pair.js'

/** What one stream sends before the next one has its turn, in bytes. */
const QUANTUM_BYTES = 65_536

const PIECE = new Uint8Array(65_536)

/** Bytes that arrived on each stream, and the streams in the order in which their bytes came. */
class Arrivals {
  readonly bytes = new Map<number, number>()
  readonly order: { readonly id: number; readonly length: number }[] = []

  constructor(side: Side) {
    side.onStream = (stream) => {
      this.bytes.set(stream.id, 0)
      stream.handle({
        onData: ({ id }, { length }) => {
          this.bytes.set(id, this.of(id) + length)
          this.order.push({ id, length })
        },
        onEnd: () => {},
      })
    }
  }

  of(id: number): number {
    return this.bytes.get(id) ?? 0
  }
}

/** Keeps the stream full. */
function keepFull(stream: Stream): void {
  const write = (): void => {
    while (stream.write(PIECE));
  }
  stream.handle({ onData: () => {}, onEnd: () => {}, onWritable: write })
  write()
}

/** One flush of the client, which arrives; then all that the server has to say to it. */
function turn(pair: Pair): void {
  const { client, server } = pair
  pair.now += 1
  for (const side of [client, server]) {
    side.flush(pair.now)
    while (pair.deliver(side));
  }
}

describe('100 bulk streams', () => {
  it('are within 10 % of each other at every flush of a long transfer, from the first round on', () => {
    const pair = connectedPair()
    const arrivals = new Arrivals(pair.server)
    for (let i = 0; i < 100; i++) keepFull(pair.client.open())
    let least = 0
    let checked = 0
    while (least < 3 * 1_048_576) {
      turn(pair)
      const amounts = [...arrivals.bytes.values()]
      least = Math.min(...amounts)
      if (amounts.length < 100) continue
      // Who has had its turn is ahead by it of who has not: the unit in which 10 % can be given.
      const most = Math.max(...amounts)
      expect(most - least).toBeLessThanOrEqual(Math.max(0.1 * most, QUANTUM_BYTES))
      checked += 1
    }
    expect(checked).toBeGreaterThan(500)
  })
})

describe('urgency', () => {
  it.each([0, 1, 2])('%i goes first: all its bytes before the next frame of the others', (urgency) => {
    const pair = connectedPair()
    const arrivals = new Arrivals(pair.server)
    for (let i = 0; i < 20; i++) keepFull(pair.client.open())
    const urgent = pair.client.open(false, urgency)
    for (let i = 0; i < 20; i++) turn(pair)
    pair.server.accepted.find(({ id }) => id === urgent.id)?.requireAtLeast(1_048_576)
    for (let i = 0; i < 20; i++) turn(pair)

    const from = arrivals.order.length
    for (let i = 0; i < 10; i++) urgent.write(PIECE)
    for (let i = 0; i < 10; i++) turn(pair)
    const order = arrivals.order.slice(from).map(({ id }) => id)
    expect(arrivals.of(urgent.id)).toBe(10 * PIECE.length)
    expect(order.lastIndexOf(urgent.id)).toBe(order.findIndex((id) => id !== urgent.id) - 1)
  })
})

describe('a ping-pong of 64 bytes beside a bulk stream', () => {
  it.each([65_536, 524_288])('leaves with the next flush or the one after it, of %i bytes each', (bytes) => {
    const pair = connectedPair()
    const { client, server } = pair
    const arrivals = new Arrivals(server)
    const ping = client.open()
    keepFull(client.open())
    for (let i = 0; i < 40; i++) turn(pair)
    const far = server.accepted.find(({ id }) => id === ping.id) as Stream
    client.core.flushSize.bytes = bytes
    for (let round = 1; round <= 1_000; round++) {
      const waited = flushesUntil(
        pair,
        () => ping.write(PIECE.subarray(0, 64)),
        () => arrivals.of(ping.id) === 64 * round,
      )
      expect(waited).toBeLessThanOrEqual(2)
      far.write(PIECE.subarray(0, 64))
    }
  })

  it('leaves with the very next flush where it is more urgent, beside 100 of them', () => {
    const pair = connectedPair()
    const { client, server } = pair
    const arrivals = new Arrivals(server)
    const ping = client.open(false, 2)
    for (let i = 0; i < 100; i++) keepFull(client.open())
    for (let i = 0; i < 40; i++) turn(pair)
    for (let round = 1; round <= 100; round++) {
      const waited = flushesUntil(
        pair,
        () => ping.write(PIECE.subarray(0, 64)),
        () => arrivals.of(ping.id) === 64 * round,
      )
      expect(waited).toBe(1)
    }
  })
})

/**
 * Flushes gathered after `write` until its bytes have arrived, theirs included. The write comes while a flush is under
 * way, as most do.
 */
function flushesUntil(pair: Pair, write: () => void, hasArrived: () => boolean): number {
  const { client, server } = pair
  client.isBlocked = true
  pair.now += 1
  client.flush(pair.now)
  write()
  client.isBlocked = false
  client.take(pair.now)
  while (pair.deliver(client));
  let flushes = 0
  for (; !hasArrived(); flushes++) {
    if (flushes > 100) throw new Error('it does not arrive')
    turn(pair)
  }
  while (server.flush(pair.now)) while (pair.deliver(server));
  return flushes
}
