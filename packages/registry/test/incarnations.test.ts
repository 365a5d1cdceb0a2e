import { describe, expect, it } from 'vitest'
import { Victim, whole } from './hostile-neighbour.js'
import { Network, id, offersOf, signerOf } from './network.js'
import { deltaOf, ownLog, sealed, service } from './support/logs.js'

function rowOf(): Network {
  const network = new Network([{ role: 'node' }, {}, {}, { role: 'node' }])
  network.linkUp([0, 1], [1, 2], [2, 3])
  network.node(0).publishService({ name: 'old', port: 1 })
  network.node(0).publishService({ name: 'both', port: 2 })
  return network.pass(1_000)
}

describe('a node that starts anew', () => {
  it('shows only what it offers in the new life, everywhere', () => {
    const network = rowOf()
    const again = network.restart(0, 2_000)
    network.settle()
    expect(network.node(3).services()).toEqual([])
    again.publishService({ name: 'both', port: 3 })
    network.linkUp([0, 1]).pass(1_000)
    for (const n of [1, 2, 3]) expect(offersOf(network.node(n), id(0))).toEqual(['/both:3 1 '])
  })

  it('with an older clock moves past what is remembered of it, also behind a router that knows nothing', () => {
    const network = rowOf()
    const again = network.restart(0, 5)
    again.publishService({ name: 'new', port: 2 })
    network.restart(1, 3_000)
    network.linkUp([0, 1]).pass(1_000)
    expect(again.incarnation).toBe(5)
    network.linkUp([1, 2]).pass(2_000)
    expect(again.incarnation).toBe(1_001)
    for (const n of [1, 2, 3]) expect(offersOf(network.node(n), id(0))).toEqual(['/new:2 1 '])
    expect(again.takeReports()).toMatchObject([{ kind: 'rival', owner: id(0) }])
    expect(network.cut).toEqual([])
  })

  it('in the same millisecond ends as one of its lives, everywhere the same', () => {
    const network = rowOf()
    const again = network.restart(0, 1_000)
    again.publishService({ name: 'new', port: 9 })
    network.linkUp([0, 1]).pass(30_000)
    for (const n of [1, 2, 3]) expect(offersOf(network.node(n), id(0))).toEqual(['/new:9 1 '])
  })

  it('continues without a gap in what others see when it has to move on', () => {
    const network = rowOf()
    network.restart(0, 900).publishService({ name: 'new', port: 1 })
    network.linkUp([0, 1]).pass(1_000)
    expect(network.node(0).incarnation).toBeGreaterThan(1_000)
    network.node(0).publishService({ name: 'more', port: 2 })
    network.settle()
    expect(offersOf(network.node(3), id(0))).toEqual(['/more:2 1 ', '/new:1 1 '])
  })
})

describe('a claim about this node', () => {
  it('that another life signed is believed at once, then at most every 10 s', () => {
    const victim = new Victim().join(1)
    const claim = (incarnation: number): void => {
      const log = ownLog(incarnation)
      log.put(service(id(0), 'rival', 1))
      sealed(log, signerOf(0))
      expect(victim.say(1, { type: 'deltas', deltas: [deltaOf(log, signerOf(0))] })).toBeUndefined()
    }
    claim(5_000)
    expect(victim.node.incarnation).toBe(5_001)
    claim(6_000)
    claim(7_000)
    victim.pass(9_900, 1)
    expect(victim.node.incarnation).toBe(5_001)
    victim.pass(200, 1)
    expect(victim.node.incarnation).toBe(7_001)
    claim(4_000)
    victim.pass(20_000, 1)
    expect(victim.node.incarnation).toBe(7_001)
  })

  it('by its version alone is asked about, and changes nothing', () => {
    const victim = new Victim().join(1)
    const version = { incarnation: Number.MAX_SAFE_INTEGER, sequence: 9, check: 1 }
    victim.say(1, { type: 'announce', items: [{ owner: id(0), kind: 'services', version }] })
    const asked = victim.takeAll(1).flatMap((each) => (each.type === 'ask' ? each.items : []))
    expect(asked).toMatchObject([{ owner: id(0), kind: 'services' }])
    expect(victim.node.incarnation).toBe(1_000)
  })

  it('of the last incarnation there is leaves it where it is', () => {
    const victim = new Victim().join(1)
    const log = ownLog(Number.MAX_SAFE_INTEGER)
    log.put(service(id(0), 'rival', 1))
    sealed(log, signerOf(0))
    expect(victim.say(1, { type: 'deltas', deltas: [deltaOf(log, signerOf(0))] })).toBeUndefined()
    expect(victim.node.incarnation).toBe(1_000)
  })
})

describe('two nodes with one key', () => {
  it('move on in turn, at most every 10 s each, and are reported', () => {
    const network = new Network([{}, {}, {}])
    network.node(0).publishService({ name: 'one', port: 1 })
    network.linkUp([0, 2])
    network.pass(1_000)
    const { verifications } = network.node(2).inspect()
    const log = ownLog(1_500)
    log.put(service(id(0), 'two', 2))
    sealed(log, signerOf(0))
    for (let second = 0; second < 60; second++) {
      const incarnation = network.node(0).incarnation + 1
      log.adoptIncarnation(incarnation)
      sealed(log, signerOf(0))
      network.inject(2, 0, { type: 'deltas', deltas: [deltaOf(log, signerOf(0))] })
      network.pass(1_000)
    }
    // Seven times, two logs each.
    expect(network.node(2).inspect().verifications - verifications).toBeLessThanOrEqual(14)
    expect(network.node(0).takeReports().length).toBeGreaterThan(4)
  })
})

describe('a neighbour in another life than its link told', () => {
  it('is not visible by what is remembered of the life before', () => {
    const victim = new Victim().join(1, 'node')
    victim.say(1, { type: 'deltas', deltas: [whole(1)] })
    expect(victim.node.services()).toHaveLength(1)
    victim.node.neighbourDown(id(1), victim.now)
    victim.node.neighbourUp({ nodeId: id(1), incarnation: 2, role: 'node', holdsAll: true }, victim.now)
    victim.takeAll(1)
    victim.say(1, { type: 'greeting', root: 0, count: 0, items: [] })
    expect(victim.node.services()).toEqual([])
  })

  it('stays visible when it says so before its logs have come, for 5 s', () => {
    const victim = new Victim().join(1, 'node')
    victim.say(1, { type: 'deltas', deltas: [whole(1)] })
    victim.node.neighbourIncarnation(id(1), 7, victim.now)
    victim.pass(4_900, 1)
    expect(victim.node.services()).toHaveLength(1)
    victim.pass(200, 1)
    expect(victim.node.services()).toEqual([])
  })
})
