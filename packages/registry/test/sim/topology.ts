import type { Rng } from '@astranet/testkit/sim'
import type { CatalogueRole, CatalogueScope } from '../../src/index.js'

/** The shapes that a network can have. */
export const TOPOLOGIES = ['star', 'ring', 'tree', 'random'] as const
export type Topology = (typeof TOPOLOGIES)[number]

/** Links of each router in the random graph. */
const RANDOM_DEGREE = 5

/** Leaves that hold everything, in a large network about: a leaf that does so costs as much as a router. */
const MAX_FULL_LEAVES = 100

/** A node of the plan. */
export interface PlannedNode {
  readonly role: CatalogueRole
  readonly scope: CatalogueScope
}

/** Who is there, and which pairs have a link. */
export interface Shape {
  readonly nodes: readonly PlannedNode[]
  readonly edges: readonly (readonly [a: number, b: number])[]
}

/** How to make a {@link Shape}. */
export interface ShapeOptions {
  readonly nodes: number
  readonly topology: Topology
  /** The share of routers, 0 to 1; at least one node is one. */
  readonly routers: number
  /** The share of leaves among the others, 0 to 1. */
  readonly leaves: number
}

/** Draws a network: the routers have the topology, and each other node has links to one or two of them. */
export function shapeOf({ nodes, topology, routers, leaves }: ShapeOptions, rng: Rng): Shape {
  const routerCount = Math.max(1, topology === 'star' ? 1 : Math.round(nodes * routers))
  const planned: PlannedNode[] = Array.from({ length: nodes }, (_, n) => {
    if (n < routerCount) return { role: 'router', scope: 'all' }
    if (!rng.chance(leaves)) return { role: 'node', scope: 'all' }
    return { role: 'leaf', scope: rng.chance(Math.min(0.1, MAX_FULL_LEAVES / nodes)) ? 'all' : 'wanted' }
  })
  const edges = new Edges()
  joinRouters(edges, routerCount, topology, rng)
  for (let n = routerCount; n < nodes; n++) {
    edges.add(n, rng.integer(0, routerCount - 1))
    if (rng.chance(0.5)) edges.add(n, rng.integer(0, routerCount - 1))
    // Two nodes that pass nothing on may know each other as well.
    const other = rng.integer(0, nodes - 1)
    if (rng.chance(0.1) && planned[n]?.role === 'node' && planned[other]?.role === 'node') edges.add(n, other)
  }
  return { nodes: planned, edges: edges.list }
}

function joinRouters(edges: Edges, count: number, topology: Topology, rng: Rng): void {
  for (let n = 1; n < count; n++) edges.add(n, topology === 'tree' ? rng.integer(0, n - 1) : n - 1)
  if (topology === 'tree') return
  edges.add(0, count - 1)
  if (topology !== 'random') return
  // A ring, so that it holds together, and links between random pairs until all have five.
  const open = Array.from({ length: count }, (_, n) => n)
  for (let tries = 0; open.length > 1 && tries < 20 * count; tries++) {
    const [a, b] = [rng.pick(open), rng.pick(open)]
    edges.add(a, b)
    for (const n of [a, b]) {
      const index = open.indexOf(n)
      if (index !== -1 && edges.degree(n) >= RANDOM_DEGREE) open.splice(index, 1)
    }
  }
}

/** Pairs of different nodes, each once. */
class Edges {
  readonly list: (readonly [number, number])[] = []
  readonly #known = new Set<string>()
  readonly #degrees = new Map<number, number>()

  add(a: number, b: number): void {
    const key = `${Math.min(a, b)}-${Math.max(a, b)}`
    if (a === b || this.#known.has(key)) return
    this.#known.add(key)
    this.list.push([a, b])
    for (const n of [a, b]) this.#degrees.set(n, this.degree(n) + 1)
  }

  degree(n: number): number {
    return this.#degrees.get(n) ?? 0
  }
}
