import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rendezvous, roundRobin, weightedRandom, type Selector, type ServiceInstance } from '../src/index.js'
import { id } from './network.js'

function instance(n: number, weight = 1, name = 'echo'): ServiceInstance {
  return { environment: '', name, port: 7, nodeId: id(n), tags: [], weight }
}

/** Numbers spread evenly over 0 to 1. */
function evenly(): () => number {
  let n = 0
  return () => (n++ % 1_000) / 1_000
}

function count(select: Selector, instances: readonly ServiceInstance[], times: number): Map<number, number> {
  const counts = new Map<number, number>()
  for (let n = 0; n < times; n++) {
    const chosen = Number(select(instances, `key-${n}`)?.nodeId)
    counts.set(chosen, (counts.get(chosen) ?? 0) + 1)
  }
  return counts
}

describe.each([
  ['round robin', roundRobin],
  ['weighted random', () => weightedRandom(evenly())],
  ['rendezvous', rendezvous],
])('%s', (_, make) => {
  it('picks none of none and the only one of one', () => {
    expect(make()([])).toBeUndefined()
    expect(make()([instance(1, 0)])?.nodeId).toBe(id(1))
  })

  it('leaves standbys out while there is another', () => {
    expect([...count(make(), [instance(1, 0), instance(2, 1)], 50).keys()]).toEqual([2])
    expect([...count(make(), [instance(1, 0), instance(2, 0)], 1_000).keys()].sort()).toEqual([1, 2])
  })
})

describe('round robin', () => {
  it('takes turns, for each name by itself', () => {
    const select = roundRobin()
    const echo = [instance(1), instance(2, 9), instance(3)]
    const web = [instance(4, 1, 'web'), instance(5, 1, 'web')]
    const turns = [echo, web, echo, web, echo, web, echo].map((each) => Number(select(each)?.nodeId))
    expect(turns).toEqual([1, 4, 2, 5, 3, 4, 1])
  })

  it('remembers at most 4,096 names', () => {
    const select = roundRobin()
    const pick = (name: string): number =>
      Number(select([instance(1, 1, name), instance(2, 1, name)])?.nodeId)
    for (let n = 0; n < 4_096; n++) expect(pick(`name-${n}`)).toBe(1)
    expect(pick('name-0')).toBe(2)
    expect(pick('one-more')).toBe(1)
    expect(pick('name-0')).toBe(1)
    expect(pick('name-4095')).toBe(2)
  })
})

describe('weighted random', () => {
  it('picks in proportion to the weights', () => {
    const counts = count(weightedRandom(evenly()), [instance(1, 1), instance(2, 3)], 1_000)
    expect(counts).toEqual(new Map([[1, 250], [2, 750]])) // prettier-ignore
  })
})

describe('rendezvous', () => {
  const nodes = fc.uniqueArray(fc.nat(1_000_000), { minLength: 2, maxLength: 8 })

  it('picks the same for a key whatever the order, so that all nodes agree', () => {
    fc.assert(
      fc.property(nodes, fc.string(), (ids, key) => {
        const instances = ids.map((n) => instance(n))
        expect(rendezvous()(instances, key)).toEqual(rendezvous()([...instances].reverse(), key))
      }),
    )
  })

  it('moves only the keys of an instance that goes', () => {
    fc.assert(
      fc.property(nodes, fc.string(), fc.nat(), (ids, key, at) => {
        const instances = ids.map((n) => instance(n))
        const chosen = rendezvous()(instances, key)
        const leaving = instances[at % instances.length]
        fc.pre(chosen !== leaving)
        expect(
          rendezvous()(
            instances.filter((each) => each !== leaving),
            key,
          ),
        ).toBe(chosen)
      }),
    )
  })

  it('spreads keys in proportion to the weights', () => {
    const counts = count(rendezvous(), [instance(1, 1), instance(2, 1), instance(3, 2)], 40_000)
    for (const [node, share] of [
      [1, 10_000],
      [2, 10_000],
      [3, 20_000],
    ] as const) {
      // prettier-ignore
      expect(Math.abs((counts.get(node) ?? 0) - share)).toBeLessThan(500)
    }
  })

  it('chooses what it always chose: a change of the hash would split a network in two', () => {
    const instances = [1, 2, 3, 4].map((n) => instance(n))
    const chosen = ['', 'a', 'b', 'c', 'user-1', 'user-2'].map((key) =>
      Number(rendezvous()(instances, key)?.nodeId),
    )
    expect(chosen).toEqual([4, 2, 2, 3, 2, 1])
  })
})
