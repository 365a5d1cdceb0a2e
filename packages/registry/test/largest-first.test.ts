import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LogStore } from '../src/proto/sync/log-store.js'
import { LargestFirst, type Sized } from '../src/proto/sync/largest-first.js'
import { BoundedInterner } from '../src/proto/model/interner.js'
import { resolveLimits } from '../src/proto/model/limits.js'
import { identity, nodeCrypto } from './support/identity.js'
import { deltaOf, ownLog, sealed, service } from './support/logs.js'

/** Counts how often its size is looked at. */
class Counted implements Sized {
  static looks = 0
  place = -1
  #bytes = 0

  get bytes(): number {
    Counted.looks++
    return this.#bytes
  }

  set bytes(value: number) {
    this.#bytes = value
  }
}

describe('the largest of many', () => {
  it('is the largest after any changes', () => {
    const change = fc.record({ index: fc.nat(20), bytes: fc.nat(50), isRemoved: fc.boolean() })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
        const heap = new LargestFirst()
        const items = Array.from({ length: 21 }, (): Sized => ({ bytes: 0, place: -1 }))
        const present = new Set<Sized>()
        for (const { index, bytes, isRemoved } of changes) {
          const item = items[index] as Sized
          if (isRemoved) heap.remove(item)
          else heap.resize(item, bytes)
          if (isRemoved) present.delete(item)
          else present.add(item)
          expect(heap.size).toBe(present.size)
          if (heap.largest !== undefined) expect(present.has(heap.largest)).toBe(true)
          expect(heap.largest?.bytes).toBe(
            present.size === 0 ? undefined : Math.max(...[...present].map((each) => each.bytes)),
          )
        }
      }),
    )
  })

  it('is found without looking at all', () => {
    const heap = new LargestFirst<Counted>()
    const items = Array.from({ length: 65_536 }, () => new Counted())
    items.forEach((item, index) => heap.resize(item, (index * 7_919) % 65_521))
    Counted.looks = 0
    for (let round = 0; round < 100; round++) {
      heap.resize(items[round] as Counted, 1_000_000 + round)
      expect(heap.largest).toBe(items[round])
      heap.resize(items[round] as Counted, 0)
      heap.remove(heap.largest as Counted)
    }
    // At most five looks at each of 16 levels, for each of the three changes.
    expect(Counted.looks).toBeLessThan(100 * 3 * 16 * 5)
  })
})

describe('the logs that are held', () => {
  it('know the largest owner while logs grow, shrink and are dropped', () => {
    const store = new LogStore({
      limits: resolveLimits({}),
      crypto: nodeCrypto,
      interner: new BoundedInterner(),
    })
    const owners = Array.from({ length: 6 }, (_, n) => identity(n + 1))
    const hold = (index: number, services: number, incarnation: number): void => {
      const owner = owners[index] as (typeof owners)[number]
      const own = ownLog(incarnation)
      for (let n = 0; n < services; n++) own.put(service(owner.nodeId, `service-${n}`, n))
      sealed(own, owner)
      const log = store.open({ owner: owner.nodeId, kind: 'services' }, 0)
      expect(log.replica.apply(deltaOf(own, owner), owner.nodeId)).toMatchObject({ kind: 'applied' })
      store.count(log)
    }
    const largest = (): number => owners.findIndex(({ nodeId }) => nodeId === store.largest?.owner)
    expect(store.largest).toBeUndefined()
    ;[3, 9, 5, 1, 7, 2].forEach((services, index) => hold(index, services, 1))
    expect(largest()).toBe(1)
    hold(1, 1, 2)
    expect(largest()).toBe(4)
    hold(3, 20, 2)
    expect(largest()).toBe(3)
    for (const next of [4, 2, 0]) {
      if (store.largest !== undefined) store.drop(store.largest.owner)
      expect(largest()).toBe(next)
    }
    for (const { nodeId } of owners) store.drop(nodeId)
    expect([store.largest, store.heldBytes]).toEqual([undefined, 0])
  })
})
