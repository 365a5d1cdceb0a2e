import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Scheduler } from '../src/proto/send/scheduler.js'
import { StreamTable } from '../src/proto/stream/table.js'
import type { Stream } from '../src/proto/stream/stream.js'
import { connectedPair } from './support/pair.js'

describe('a stream table', () => {
  it('is a map from index to stream', () => {
    const step = fc.tuple(fc.constantFrom('add', 'remove', 'at'), fc.nat(5_000))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const table = new StreamTable()
        const model = new Map<number, Stream>()
        for (const [action, index] of steps) {
          if (action === 'add' && !model.has(index)) {
            const stream = { id: index * 4 } as Stream
            table.add(index, stream)
            model.set(index, stream)
          } else if (action === 'remove') {
            table.remove(index)
            model.delete(index)
          }
          expect(table.at(index)).toBe(model.get(index))
          expect(table.size).toBe(model.size)
        }
        expect(new Set(table)).toEqual(new Set(model.values()))
      }),
    )
  })
})

describe('the scheduler', () => {
  function streams(...urgencies: number[]): Stream[] {
    const { client } = connectedPair()
    return urgencies.map((urgency) => client.open(false, urgency))
  }

  /** Ids, for a stream shown whole is its whole session. */
  function drain(scheduler: Scheduler): number[] {
    const taken: number[] = []
    for (let next = scheduler.take(false); next !== undefined; next = scheduler.take(false))
      taken.push(next.id)
    return taken
  }

  it('takes the most urgent first and goes round within an urgency', () => {
    const scheduler = new Scheduler()
    const [a, b, c, d] = streams(3, 0, 3, 7) as [Stream, Stream, Stream, Stream]
    for (const stream of [a, b, c, d]) scheduler.add(stream)
    expect(drain(scheduler)).toEqual([b.id, a.id, c.id, d.id])
    scheduler.add(a)
    scheduler.add(c)
    scheduler.add(a)
    const first = scheduler.take(false) as Stream
    expect(first.id).toBe(a.id)
    scheduler.add(first)
    expect(drain(scheduler)).toEqual([c.id, a.id])
  })

  /** Which streams have their turns while all of them always have more, 64 KiB at a time. */
  function turnsOf(all: readonly Stream[], count: number): number[] {
    const scheduler = new Scheduler()
    for (const stream of all) scheduler.add(stream)
    return Array.from({ length: count }, () => {
      const stream = scheduler.take(true) as Stream
      scheduler.sent(65_536)
      scheduler.add(stream)
      return all.indexOf(stream)
    })
  }

  it('gives what waits behind more urgent streams a turn after each MiB of theirs, ring by ring', () => {
    const taken = turnsOf(streams(0, 5, 7, 5), 100)
    expect(taken.slice(0, 17)).toEqual([...Array<number>(16).fill(0), 1])
    const behind = taken.flatMap((which, at) => (which === 0 ? [] : [[at, which]]))
    expect(behind).toEqual([
      [16, 1],
      [33, 2],
      [67, 3],
      [84, 2],
    ])
  })

  it('gives no turn out of order while only urgency 0 has credit', () => {
    const scheduler = new Scheduler()
    const [urgent, other] = streams(0, 5) as [Stream, Stream]
    scheduler.add(other)
    for (let count = 0; count < 100; count++) {
      scheduler.add(urgent)
      expect(scheduler.take(false)?.id).toBe(urgent.id)
      scheduler.sent(65_536)
    }
  })

  it('puts a stream back in front', () => {
    const scheduler = new Scheduler()
    const [a, b] = streams(3, 3) as [Stream, Stream]
    scheduler.add(a)
    scheduler.add(b)
    scheduler.putBack(scheduler.take(false) as Stream)
    expect(drain(scheduler)).toEqual([a.id, b.id])
  })

  it('moves a stream whose urgency changed while it waited', () => {
    const scheduler = new Scheduler()
    const [a, b, c] = streams(0, 0, 3) as [Stream, Stream, Stream]
    for (const stream of [a, b, c]) scheduler.add(stream)
    a.urgency = 5
    c.urgency = 0
    expect(drain(scheduler)).toEqual([b.id, c.id, a.id])
  })
})
