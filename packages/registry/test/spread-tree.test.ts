import { toNodeId, type NodeId } from '@astranet/interface'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Graph } from '../src/proto/graph/graph.js'
import type { SpreadTree } from '../src/proto/graph/spread-tree.js'

const id = (n: number): NodeId => toNodeId(BigInt(n))

/** A network in which everybody knows all links: nodes from `routers` on are none, and are at one or two routers. */
interface Network {
  readonly routers: number
  readonly nodes: number
  readonly edges: readonly (readonly [number, number])[]
}

const networks: fc.Arbitrary<Network> = fc
  .record({ routers: fc.integer({ min: 1, max: 12 }), others: fc.nat(6), seed: fc.array(fc.nat(999)) })
  .map(({ routers, others, seed }) => {
    const nodes = routers + others
    const edges = new Map<string, readonly [number, number]>()
    const add = (a: number, b: number): void => void (a === b || edges.set(`${Math.min(a, b)} ${Math.max(a, b)}`, [a, b]))
    for (let n = 1; n < routers; n++) add(n, (seed[n] ?? n * 7) % n)
    for (let n = routers; n < nodes; n++) add(n, (seed[n] ?? n * 5) % routers)
    for (const number of seed) add(number % routers, (number >> 4) % nodes)
    return { routers, nodes, edges: [...edges.values()] }
  }) // prettier-ignore

/** The graph as the logs of all others show it to one node. */
function graphOf({ routers, nodes, edges }: Network, self: number): Graph {
  const graph = new Graph(id(self))
  const neighboursOf = (n: number): number[] =>
    edges.flatMap(([a, b]) => (a === n ? [b] : b === n ? [a] : []))
  for (let n = 0; n < nodes; n++) {
    const isRouter = n < routers
    const near = neighboursOf(n)
    graph.setNode(id(n), { incarnation: 1, isRouter, routers: isRouter ? [] : near.map(id) })
    if (isRouter) for (const other of near) graph.setLink(id(n), id(other), { incarnation: 1, cost: 1 })
    if (near.includes(self)) graph.setNeighbour(id(n), { incarnation: 1, isRouter, costMs: 1 })
  }
  return graph
}

/** How long after a change of the map each owner has a tree of its own, ms. */
const CALM_MS = 10_000

function treeOf({ trees }: Graph, owner: number, isShared: boolean, at = 0): SpreadTree | undefined {
  const changedAt = trees.changedAt(at)
  return trees.treeOf(id(owner), isShared ? changedAt : changedAt + CALM_MS)
}

/** Spreads a change of an owner. Returns how often each node gets it, and after how many links. */
function spread(network: Network, owner: number, isShared: boolean): Map<number, { times: number; after: number }> {
  const { routers, nodes, edges } = network
  const graphs = Array.from({ length: routers }, (_, n) => graphOf(network, n))
  const got = new Map([[owner, { times: 1, after: 0 }]])
  const queue: [from: number | undefined, at: number][] = [[undefined, owner]]
  for (const [from, at] of queue) {
    const graph = graphs[at]
    const tree = graph && treeOf(graph, owner, isShared)
    for (let to = 0; to < nodes; to++) {
      const isLinked = edges.some(([a, b]) => (a === at && b === to) || (a === to && b === at))
      if (!isLinked || to === from || to === owner) continue
      // A node that is no router passes nothing on, and sends its own changes to all its routers.
      if (graph === undefined ? at !== owner : tree !== undefined && !graph.trees.leadsTo(tree, id(to))) continue
      const known = got.get(to)
      if (known === undefined) {
        got.set(to, { times: 1, after: (got.get(at)?.after ?? 0) + 1 })
        queue.push([at, to])
      } else known.times++
    }
  }
  return got
} // prettier-ignore

describe('the tree by which changes of an owner spread', () => {
  it('reaches every node once, on a shortest way', () => {
    fc.assert(
      fc.property(networks, fc.nat(17), (network, number) => {
        const owner = number % network.nodes
        const got = spread(network, owner, false)
        expect(got.size).toBe(network.nodes)
        for (const [node, { times, after }] of got) {
          expect(times).toBe(1)
          expect(after).toBe(distance(network, owner, node))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('reaches every node once as the one for all owners, wherever the owner is', () => {
    fc.assert(
      fc.property(networks, fc.nat(11), (network, number) => {
        const got = spread(network, number % network.routers, true)
        expect(got.size).toBe(network.nodes)
        for (const { times } of got.values()) expect(times).toBe(1)
      }),
      { numRuns: 300 },
    )
  })

  it('names the neighbour before a node: one that is a link nearer to the owner', () => {
    fc.assert(
      fc.property(networks, fc.nat(11), fc.nat(11), (network, one, other) => {
        const [self, owner] = [one % network.routers, other % network.routers]
        const before = graphOf(network, self).trees.before(id(owner), 0)
        if (self === owner) expect(before).toBeUndefined()
        else expect(distance(network, owner, Number(before))).toBe(distance(network, owner, self) - 1)
      }),
    )
  })

  it('leads to a neighbour that no tree knows, and to none that another router serves', () => {
    const graph = new Graph(id(1))
    graph.setNode(id(2), { incarnation: 1, isRouter: true, routers: [] })
    graph.setNeighbour(id(2), { incarnation: 1, isRouter: true, costMs: 1 })
    // It does not claim this node yet: nobody else would send it anything.
    const alone = treeOf(graph, 1, false)
    expect(alone && graph.trees.leadsTo(alone, id(2))).toBe(true)
    graph.setLink(id(2), id(1), { incarnation: 1, cost: 1 })
    const theirs = treeOf(graph, 2, false, CALM_MS)
    expect(theirs && graph.trees.leadsTo(theirs, id(2))).toBe(false)
    expect(graph.trees.before(id(2), 2 * CALM_MS)).toBe(id(2))
  })
})

/** Over routers only. */
function distance({ routers, edges }: Network, from: number, to: number): number {
  const found = new Map([[from, 0]])
  for (const [at, after] of found) {
    if (at >= routers && at !== from) continue
    for (const [a, b] of edges) {
      const next = a === at ? b : b === at ? a : undefined
      if (next !== undefined && !found.has(next)) found.set(next, after + 1)
    }
  }
  return found.get(to) ?? Infinity
}

describe('a map of 2,000 routers', () => {
  const routers = 2_000
  const edges = Array.from(
    { length: 3 * routers },
    (_, n) => [n % routers, (n * 7 + (n >> 3)) % routers] as const,
  )
  const graph = graphOf({ routers, nodes: routers, edges: edges.filter(([a, b]) => a !== b) }, 0)
  const start = (): number => performance.now()

  it('finds the router before this one for all owners by a few searches', () => {
    const startedAt = start()
    for (let n = 1; n < routers; n++) expect(graph.trees.before(id(n), 0)).toBeDefined()
    // One search for each owner takes a hundred times as long.
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })

  it('is made anew once in a while, however often links come and go', () => {
    const startedAt = start()
    for (let n = 0; n < 1_000; n++) {
      graph.setLink(id(1), id(7), n % 2 === 0 ? undefined : { incarnation: 1, cost: 1 })
      graph.trees.treeOf(id(5), CALM_MS + n / 10)
    }
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })
})
