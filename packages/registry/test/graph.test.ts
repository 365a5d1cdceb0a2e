import { toNodeId, type NodeId } from '@astranet/interface'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Graph } from '../src/proto/graph/graph.js'
import { SlowGraph } from './slow-graph.js'

const SELF = 0
const id = (n: number): NodeId => toNodeId(BigInt(n))

/** Both graphs, told the same. */
class Both {
  readonly graph = new Graph(id(SELF))
  readonly slow = new SlowGraph(id(SELF))
  readonly #seen = new Set<NodeId>()

  node(n: number, facts: { incarnation?: number; isRouter?: boolean; routers?: number[] } | undefined): void {
    const { incarnation = 1, isRouter = true, routers = [] } = facts ?? {}
    const given = facts && { incarnation, isRouter, routers: routers.map(id) }
    this.graph.setNode(id(n), given)
    this.slow.setNode(id(n), given)
  }

  link(from: number, to: number, incarnation: number | undefined, cost?: number): void {
    const given = incarnation === undefined ? undefined : { incarnation, cost }
    this.graph.setLink(id(from), id(to), given)
    this.slow.setLink(id(from), id(to), given)
  }

  neighbour(n: number, incarnation: number | undefined, costMs?: number): void {
    const given = incarnation === undefined ? undefined : { incarnation, isRouter: true, costMs }
    this.graph.setNeighbour(id(n), given)
    this.slow.setNeighbour(id(n), given)
  }

  /** Two routers that claim each other. */
  joinRouters(a: number, b: number, cost?: number): void {
    this.link(a, b, 1, cost)
    this.link(b, a, 1, cost)
  }

  /** Takes the changes, and compares all answers. */
  check(nodes: number): void {
    const { appeared, gone, suspects } = this.graph.takeChanges()
    for (const each of appeared) expect(this.#seen.has(each)).toBe(false)
    for (const each of gone) expect(this.#seen.delete(each)).toBe(true)
    for (const each of appeared) this.#seen.add(each)
    const reachable = this.slow.reachable()
    expect(this.#seen).toEqual(reachable)
    expect(new Set(this.graph.reachable())).toEqual(reachable)
    for (const each of suspects) expect(this.graph.missing(each)).toBeDefined()
    for (let n = 0; n < nodes; n++) this.#checkNode(id(n), reachable)
  }

  #checkNode(node: NodeId, reachable: ReadonlySet<NodeId>): void {
    expect(this.graph.isReachable(node)).toBe(node === id(SELF) || reachable.has(node))
    const hops = this.slow.missingHops(node, reachable)
    const missing = this.graph.missing(node)
    expect(missing !== undefined).toBe(hops)
    for (const hop of missing?.nextHops ?? []) expect(this.slow.neighbours.has(hop)).toBe(true)
    const route = this.graph.routeTo(node)
    expect(route && this.slow.weightOf(node, route.via)).toEqual(this.slow.bestWeight(node))
    if (route) expect(route.costMs).toEqual(this.slow.costOf(node, route.via))
  }
}

const NODES = 8
const number = fc.nat(NODES - 1)
const incarnation = fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined, freq: 4 })
const cost = fc.option(fc.nat(3), { nil: undefined, freq: 4 })
const facts = fc.record({
  incarnation: fc.integer({ min: 1, max: 2 }),
  isRouter: fc.boolean(),
  routers: fc.uniqueArray(number, { maxLength: 3 }),
})
const step = fc.oneof(
  fc.tuple(fc.constant('node' as const), number, fc.option(facts, { nil: undefined, freq: 6 })),
  fc.tuple(fc.constant('link' as const), number, number, incarnation, cost),
  fc.tuple(fc.constant('link' as const), number, number, incarnation, cost),
  fc.tuple(fc.constant('join' as const), number, number, cost),
  fc.tuple(fc.constant('neighbour' as const), number, incarnation, cost),
  fc.tuple(fc.constant('check' as const)),
)

describe('a graph', () => {
  it('answers as a slow and obvious one does, whatever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
        const both = new Both()
        for (let n = 1; n < NODES; n += 2) both.node(n, {})
        for (const [what, ...args] of steps) {
          if (what === 'node') both.node(...(args as Parameters<Both['node']>))
          else if (what === 'link') both.link(...(args as Parameters<Both['link']>))
          else if (what === 'join') both.joinRouters(...(args as Parameters<Both['joinRouters']>))
          else if (what === 'neighbour') both.neighbour(...(args as Parameters<Both['neighbour']>))
          else both.check(NODES)
        }
        both.check(NODES)
      }),
      { numRuns: 500 },
    )
  })

  it('forgets everything that is taken back', () => {
    const both = new Both()
    both.neighbour(1, 1)
    for (const n of [1, 2, 3]) both.node(n, {})
    both.joinRouters(1, 2)
    both.joinRouters(2, 3)
    both.check(4)
    expect(both.graph.isReachable(id(3))).toBe(true)
    both.neighbour(1, undefined)
    for (const n of [1, 2, 3]) {
      both.node(n, undefined)
      for (const to of [1, 2, 3]) both.link(n, to, undefined)
    }
    both.check(4)
    expect([...both.graph.reachable()]).toEqual([])
  })

  it('does not believe a map of one side only, nor one of an earlier life', () => {
    const both = new Both()
    both.neighbour(1, 1)
    both.node(1, {})
    both.node(2, { incarnation: 2 })
    both.link(1, 2, 2)
    expect(both.graph.isReachable(id(2))).toBe(false)
    both.link(2, 1, 1)
    expect(both.graph.isReachable(id(2))).toBe(true)
    both.link(1, 2, 1)
    expect(both.graph.isReachable(id(2))).toBe(false)
    both.node(3, { isRouter: false })
    both.link(1, 3, 1)
    expect(both.graph.isReachable(id(3))).toBe(false)
    both.node(3, { isRouter: false, routers: [1] })
    expect(both.graph.isReachable(id(3))).toBe(true)
    both.check(4)
  })

  it('routes over 16 routers at most, by a longer way only where it is cheaper and short enough', () => {
    const both = new Both()
    both.neighbour(1, 1, 1)
    for (let n = 1; n <= 18; n++) both.node(n, {})
    for (let n = 1; n < 18; n++) both.joinRouters(n, n + 1, 1)
    both.node(20, { isRouter: false, routers: [16] })
    both.link(16, 20, 1)
    both.check(21)
    expect(both.graph.routeTo(id(17))?.via).toHaveLength(16)
    expect(both.graph.routeTo(id(20))?.via).toHaveLength(16)
    expect(both.graph.routeTo(id(18))).toBeUndefined()
    expect(both.graph.isReachable(id(18))).toBe(true)
    both.joinRouters(1, 5, 100)
    both.check(21)
    expect(both.graph.routeTo(id(17))?.costMs).toBe(17)
    expect(both.graph.routeTo(id(18))?.costMs).toBe(1 + 100 + 13)
  })

  it('tells where to ask for the log of a later life', () => {
    const both = new Both()
    both.neighbour(1, 1)
    both.node(1, {})
    both.node(2, {})
    both.joinRouters(1, 2)
    both.graph.takeChanges()
    both.link(2, 3, 7)
    expect(both.graph.takeChanges()).toEqual({ appeared: [], gone: [], suspects: [id(3)] })
    expect(both.graph.missing(id(3))).toEqual({ id: id(3), nextHops: [id(1)] })
    both.node(3, { incarnation: 7, isRouter: false, routers: [2] })
    expect(both.graph.takeChanges()).toEqual({ appeared: [id(3)], gone: [], suspects: [] })
    both.neighbour(1, undefined)
    both.link(2, 3, 8)
    expect(both.graph.takeChanges().suspects).toEqual([])
    both.neighbour(1, 1)
    expect(both.graph.takeChanges().suspects).toEqual([id(3)])
  })
})
