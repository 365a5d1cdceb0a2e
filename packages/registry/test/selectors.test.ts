import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eligible } from '../src/proto/select/eligible.js'
import { hashRing } from '../src/proto/select/hash-ring.js'
import { MAX_ROUND_ROBIN_NAMES, roundRobin } from '../src/proto/select/round-robin.js'
import type { Selector, SelectorContext } from '../src/proto/select/selector.js'
import {
  leastStreams,
  lowestRtt,
  randomChoice,
  twoChoices,
  weighted,
  zoneFirst,
} from '../src/proto/select/simple-selectors.js'
import type { ServiceInstance } from '../src/proto/view/service-instance.js'
import { context, instance, instances, seeded, tally } from './instances.js'

/** How often each node is chosen in `times` choices with different keys. */
function choose(
  select: Selector,
  list: readonly ServiceInstance[],
  times: number,
  facts: Partial<SelectorContext> = {},
): Map<number, number> {
  const shared = context(facts)
  return tally(Array.from({ length: times }, (_, n) => select(list, { ...shared, key: `key-${n}` })))
}

/** How often each node is chosen by `clients` that each make one choice. */
function firstChoices(
  make: () => Selector,
  list: readonly ServiceInstance[],
  clients: number,
): Map<number, number> {
  const random = seeded(3)
  return tally(Array.from({ length: clients }, () => make()(list, context({ random }))))
}

/**
 * Whether a count is what `n` independent choices with probability `share` give, up to five standard deviations: with a
 * fair choice that fails once in 1.7 million counts.
 */
function expectShare(count: number | undefined, n: number, share: number): void {
  expect(Math.abs((count ?? 0) - n * share)).toBeLessThanOrEqual(5 * Math.sqrt(n * share * (1 - share)))
}

const makers: readonly (readonly [string, () => Selector])[] = [
  ['randomChoice', randomChoice],
  ['weighted', weighted],
  ['roundRobin', roundRobin],
  ['hashRing', hashRing],
  ['leastStreams', leastStreams],
  ['lowestRtt', lowestRtt],
  ['twoChoices', twoChoices],
  ['zoneFirst', () => zoneFirst(randomChoice())],
]

describe.each(makers)('%s', (_, make) => {
  it('chooses none of none and the only one of one', () => {
    expect(make()([], context())).toBeUndefined()
    expect(make()([instance(1, { weight: 0, health: 'failing' })], context())?.nodeId).toBe(1n)
  })

  it('leaves standbys out while there is another', () => {
    const standby = instance(1, { weight: 0 })
    expect([...choose(make(), [standby, instance(2)], 50).keys()]).toEqual([2])
    const standbys = [standby, instance(2, { weight: 0 })]
    expect([...choose(make(), standbys, 200).keys()].sort()).toEqual([1, 2])
  })

  it('leaves failing instances out while there is another, even a standby', () => {
    const failing = instance(1, { health: 'failing', weight: 9 })
    expect([...choose(make(), [failing, instance(2, { weight: 0 })], 50).keys()]).toEqual([2])
    const both = [failing, instance(2, { health: 'failing', weight: 9 })]
    expect([...choose(make(), both, 200).keys()].sort()).toEqual([1, 2])
  })

  it('chooses one of the list, whatever is known of its instances', () => {
    const facts = fc.record({
      weight: fc.constantFrom(0, 1, 2, 65_535),
      health: fc.constantFrom('passing' as const, 'failing' as const),
      zone: fc.constantFrom('', 'a', 'b'),
    })
    const list = fc.array(facts, { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(list, fc.integer(), fc.constantFrom('', 'a', 'c'), (each, seed, zone) => {
        const offered = each.map((said, n) => instance(n, said))
        const random = seeded(seed)
        const rttMs = (): number | undefined => (random() < 0.5 ? undefined : random() * 100)
        const openStreams = (): number => Math.floor(random() * 5)
        const chosen = make()(offered, context({ random, zone, rttMs, openStreams }))
        expect(eligible(offered)).toContain(chosen)
      }),
    )
  })

  it('holds its list as it is', () => {
    const list = Object.freeze([instance(3), instance(1, { weight: 0 }), instance(2, { health: 'failing' })])
    expect(() => choose(make(), list, 20)).not.toThrow()
  })
})

// By one key, the hash ring sends all of them to the same one: that is what it is for.
describe.each(makers.filter(([, make]) => make !== hashRing))('%s', (_, make) => {
  it('does not send many clients in the same state to the same instance', () => {
    const counts = firstChoices(make, instances(4), 2_000)
    for (let node = 1; node <= 4; node++) expectShare(counts.get(node), 2_000, 1 / 4)
  })
})

describe('eligible', () => {
  it('returns the list itself when nothing has to be left out', () => {
    const all = instances(3)
    expect(eligible(all)).toBe(all)
    const allStandby = instances(3, { weight: 0 })
    expect(eligible(allStandby)).toBe(allStandby)
    expect(eligible([])).toEqual([])
  })
})

describe('weighted', () => {
  it('chooses in proportion to the weights', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(100), { minLength: 2, maxLength: 8 }),
        fc.integer({ min: 1, max: 1_000 }),
        (weights, seed) => {
          const list = weights.map((weight, n) => instance(n, { weight }))
          const total = weights.reduce((sum, each) => sum + each, 0)
          const counts = choose(weighted(), list, 4_000, { random: seeded(seed) })
          weights.forEach((weight, n) =>
            expectShare(counts.get(n), 4_000, total === 0 ? 1 / weights.length : weight / total),
          )
        },
      ),
      { seed: 14, numRuns: 50 },
    )
  })

  it('bears a source of random numbers that returns 1', () => {
    for (const make of [weighted, randomChoice, roundRobin, twoChoices]) {
      expect(make()(instances(3), context({ random: () => 1 }))).toBeDefined()
    }
  })
})

describe('roundRobin', () => {
  it('takes turns, for each name by itself', () => {
    const select = roundRobin()
    const echo = [instance(1), instance(2, { weight: 9 }), instance(3)]
    const web = [instance(4, { name: 'web' }), instance(5, { name: 'web' })]
    const turns = [echo, web, echo, web, echo, web, echo].map((each) =>
      Number(select(each, context({ random: () => 0 }))?.nodeId),
    )
    expect(turns).toEqual([1, 4, 2, 5, 3, 4, 1])
  })

  it('remembers a bounded number of names', () => {
    const select = roundRobin()
    const pick = (name: string): number => {
      const list = [instance(1, { name }), instance(2, { name })]
      return Number(select(list, context({ random: () => 0 }))?.nodeId)
    }
    for (let n = 0; n < MAX_ROUND_ROBIN_NAMES; n++) expect(pick(`name-${n}`)).toBe(1)
    expect(pick('name-0')).toBe(2)
    expect(pick('one-more')).toBe(1)
    expect(pick('name-0')).toBe(1)
    expect(pick(`name-${MAX_ROUND_ROBIN_NAMES - 1}`)).toBe(2)
  })

  it('goes on when the list becomes shorter', () => {
    const select = roundRobin()
    const pick = (count: number): number =>
      Number(select(instances(count), context({ random: () => 0.99 }))?.nodeId)
    expect([pick(5), pick(2), pick(2), pick(1)]).toEqual([5, 2, 1, 1])
  })
})

describe('leastStreams', () => {
  it('chooses the least loaded, and keeps loads in proportion to the weights', () => {
    const list = [instance(1), instance(2, { weight: 3 }), instance(3)]
    const open = new Map<bigint, number>()
    const facts = context({ openStreams: (each) => open.get(each.nodeId) ?? 0 })
    const select = leastStreams()
    for (let n = 0; n < 1_000; n++) {
      const chosen = select(list, facts)
      if (chosen !== undefined) open.set(chosen.nodeId, (open.get(chosen.nodeId) ?? 0) + 1)
    }
    expect([...open].sort()).toEqual([[1n, 200], [2n, 600], [3n, 200]]) // prettier-ignore
  })
})

describe('twoChoices', () => {
  it('prefers the less loaded of two, so the most loaded of all is never chosen', () => {
    const openStreams = (each: ServiceInstance): number => Number(each.nodeId)
    const counts = choose(twoChoices(), instances(4), 6_000, { openStreams })
    // Of the six pairs, three contain the first, two more the second, one more the third.
    expect(counts.get(4)).toBeUndefined()
    for (const [node, share] of [
      [1, 1 / 2],
      [2, 1 / 3],
      [3, 1 / 6],
    ] as const) {
      // prettier-ignore
      expectShare(counts.get(node), 6_000, share)
    }
  })

  it('keeps the largest load near the average', () => {
    const open = new Map<bigint, number>()
    const facts = context({ openStreams: (each) => open.get(each.nodeId) ?? 0 })
    const list = instances(50)
    for (let n = 0; n < 5_000; n++) {
      const chosen = twoChoices()(list, facts)
      if (chosen !== undefined) open.set(chosen.nodeId, (open.get(chosen.nodeId) ?? 0) + 1)
    }
    // One choice at random leaves about 25 above the average of 100; two leave about log2 log 50 of them.
    expect(Math.max(...open.values())).toBeLessThanOrEqual(104)
  })
})

describe('lowestRtt', () => {
  const rttOf =
    (times: readonly (number | undefined)[]) =>
    (each: ServiceInstance): number | undefined =>
      times[Number(each.nodeId) - 1]

  it('chooses the nearest, and of equally near ones each', () => {
    expect([...choose(lowestRtt(), instances(3), 50, { rttMs: rttOf([9, 5, 7]) }).keys()]).toEqual([2])
    const counts = choose(lowestRtt(), instances(3), 2_000, { rttMs: rttOf([5, 9, 5]) })
    for (const node of [1, 3]) expectShare(counts.get(node), 2_000, 1 / 2)
    expect(counts.has(2)).toBe(false)
  })

  it('chooses one that was not measured only when none was', () => {
    const facts = { rttMs: rttOf([undefined, 900, undefined]) }
    expect([...choose(lowestRtt(), instances(3), 50, facts).keys()]).toEqual([2])
    const unknown = choose(lowestRtt(), instances(3), 3_000)
    for (const node of [1, 2, 3]) expectShare(unknown.get(node), 3_000, 1 / 3)
  })
})

describe('zoneFirst', () => {
  const near = instance(1, { zone: 'here' })
  const far = instance(2, { zone: 'there' })

  it('stays in the zone while it has an instance that can be chosen', () => {
    const select = zoneFirst(randomChoice())
    expect([...choose(select, [near, far], 50, { zone: 'here' }).keys()]).toEqual([1])
  })

  it.each([
    ['the zone has none', [far, instance(3, { zone: 'elsewhere' })], 'here'],
    ['all in the zone are failing', [instance(1, { zone: 'here', health: 'failing' }), far], 'here'],
    ['all in the zone are standbys', [instance(1, { zone: 'here', weight: 0 }), far], 'here'],
  ])('falls back to all others when %s', (_, list, zone) => {
    const counts = choose(zoneFirst(roundRobin()), list, 10, { zone })
    expect(counts.get(2)).toBeGreaterThan(0)
  })

  it('has no preference for instances without a zone when the node has none', () => {
    const list = [instance(1), far]
    expect([...choose(zoneFirst(roundRobin()), list, 10).keys()].sort()).toEqual([1, 2])
  })

  it('wants a selector', () => {
    expect(() => zoneFirst(undefined as unknown as Selector)).toThrow(
      /^The "next" argument must be of type function. Received undefined$/,
    )
  })
})
