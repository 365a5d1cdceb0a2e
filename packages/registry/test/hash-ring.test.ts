import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashRing } from '../src/proto/select/hash-ring.js'
import type { ServiceInstance } from '../src/proto/view/service-instance.js'
import { context, instance, instances } from './instances.js'

function pick(list: readonly ServiceInstance[], key: string): ServiceInstance | undefined {
  return hashRing()(list, context({ key }))
}

const KEYS = Array.from({ length: 3_000 }, (_, n) => `user-${n}`)

/** Lists of 2 to 30 instances with weights, on nodes with arbitrary ids, several on some of them. */
const lists = fc
  .uniqueArray(
    fc.record({
      nodeId: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
      port: fc.nat(2),
      weight: fc.integer({ min: 1, max: 5 }),
    }),
    { minLength: 2, maxLength: 30, selector: (each) => `${each.nodeId} ${each.port}` },
  )
  .map((each) => each.map((facts) => instance(0, facts as Partial<ServiceInstance>)))

/**
 * How many of `KEYS` may move when a share of them is expected to: five standard deviations of a fair hash more, which
 * one list in 3.5 million exceeds.
 */
function mostMoved(share: number): number {
  return KEYS.length * share + 5 * Math.sqrt(KEYS.length * share * (1 - share))
}

function shareOf(one: ServiceInstance, all: readonly ServiceInstance[]): number {
  return one.weight / all.reduce((sum, each) => sum + each.weight, 0)
}

describe('hashRing', () => {
  it('moves only the keys of an instance that goes, and no more than its share', () => {
    fc.assert(
      fc.property(lists, fc.nat(), (list, at) => {
        const leaving = list[at % list.length] as ServiceInstance
        const others = list.filter((each) => each !== leaving)
        const moved = KEYS.filter((key) => pick(list, key) === leaving)
        const changed = KEYS.filter((key) => pick(list, key) !== pick(others, key))
        expect(changed).toEqual(moved)
        expect(moved.length).toBeLessThan(mostMoved(shareOf(leaving, list)))
      }),
      { seed: 14, numRuns: 10 },
    )
  })

  it('moves keys only to an instance that comes, at most one in n of them with equal weights', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.nat(1_000_000), (count, first) => {
        const all = Array.from({ length: count }, (_, n) => instance(first + n))
        const [coming, ...before] = all
        const moved = KEYS.filter((key) => pick(all, key) === coming)
        const changed = KEYS.filter((key) => pick(all, key) !== pick(before, key))
        expect(changed).toEqual(moved)
        expect(moved.length).toBeLessThan(mostMoved(1 / count))
        expect(moved.length).toBeGreaterThan(0)
      }),
      { seed: 14, numRuns: 10 },
    )
  })

  it('chooses the same for every client, whatever the order of the list', () => {
    fc.assert(
      fc.property(lists, fc.string(), fc.func(fc.integer()), (list, key, order) => {
        const shuffled = [...list].sort((a, b) => order(a.nodeId, a.port) - order(b.nodeId, b.port))
        expect(pick(shuffled, key)).toBe(pick(list, key))
      }),
    )
  })

  it('spreads keys in proportion to the weights', () => {
    const list = [instance(1), instance(2), instance(3, { weight: 2 }), instance(4, { weight: 6 })]
    const counts = new Map<ServiceInstance | undefined, number>()
    for (const key of KEYS) counts.set(pick(list, key), (counts.get(pick(list, key)) ?? 0) + 1)
    for (const each of list) {
      const share = shareOf(each, list)
      expect(counts.get(each)).toBeLessThan(mostMoved(share))
      expect(counts.get(each)).toBeGreaterThan(2 * KEYS.length * share - mostMoved(share))
    }
  })

  it('goes by the port when there is no key, and by nothing when there is neither', () => {
    const list = instances(50)
    const byPort = (port?: number, key?: string): ServiceInstance | undefined =>
      hashRing()(list, context({ port, key }))
    expect(byPort(80)).toBe(byPort(8_080, '80'))
    expect(new Set(Array.from({ length: 100 }, (_, port) => byPort(port))).size).toBeGreaterThan(30)
    expect(byPort()).toBe(byPort(undefined, ''))
  })

  it('chooses what it always chose: a change of the hash would split a network in two', () => {
    const chosen = ['', 'a', 'b', 'c', 'user-1', 'user-2'].map((key) =>
      Number(pick(instances(4), key)?.nodeId),
    )
    expect(chosen).toEqual([4, 2, 2, 3, 2, 1])
  })
})
