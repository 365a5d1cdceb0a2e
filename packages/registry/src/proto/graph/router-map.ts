import type { NodeId } from '@astranet/interface'
import type { GraphNode } from './graph-node.js'

/** The most bytes of distances that are kept for one map, and what a list of them takes beside its numbers. */
const MAX_DISTANCE_BYTES = 4 * 1_024 * 1_024
const LIST_BYTES = 512

/** The distance of a router that cannot be reached from where the distances begin. */
export const UNREACHED = 0xffff

/**
 * The routers that can be reached and the pairs among them at one moment, with this node if it is one. A router is named
 * by its index, in the order of the ids, so that all nodes with the same map number and compare them alike.
 */
export class RouterMap {
  /** The index of this node. */
  readonly self: number
  readonly #ids: readonly NodeId[]
  readonly #indexes: ReadonlyMap<NodeId, number>
  readonly #pairs: readonly (readonly number[])[]
  readonly #distances = new Map<string, Uint16Array>()
  readonly #selfPairs: ReadonlySet<number>
  readonly #maxTrees: number

  /** `self` is joined with the `joined` ones of `routers`. */
  constructor(self: NodeId, routers: Iterable<GraphNode>, joined: Iterable<GraphNode>) {
    const nodes = [...routers]
    const ids = [self, ...nodes.map(({ id }) => id)].sort((one, other) => (one < other ? -1 : 1))
    const indexes = new Map(ids.map((id, index) => [id, index]))
    const pairs: number[][] = ids.map(() => [])
    const indexOf = ({ id }: GraphNode): number => indexes.get(id) as number
    for (const node of nodes) {
      const own = pairs[indexOf(node)] as number[]
      for (const other of node.routers) if (indexes.has(other.id)) own.push(indexOf(other))
    }
    this.self = indexes.get(self) as number
    for (const node of joined) {
      pairs[this.self]?.push(indexOf(node))
      pairs[indexOf(node)]?.push(this.self)
    }
    const own = [...(pairs[this.self] ?? [])].sort((one, other) => one - other)
    pairs[this.self] = own
    this.#selfPairs = new Set(own)
    this.#ids = ids
    this.#indexes = indexes
    this.#pairs = pairs
    this.#maxTrees = Math.max(16, Math.floor(MAX_DISTANCE_BYTES / (2 * ids.length + LIST_BYTES)))
  }

  /** How many routers there are. */
  get size(): number {
    return this.#ids.length
  }

  /** The index of a router; `undefined`: it is none that can be reached. */
  indexOf(id: NodeId): number | undefined {
    return this.#indexes.get(id)
  }

  /** The id of a router. */
  idOf(index: number): NodeId | undefined {
    return this.#ids[index]
  }

  /** The routers that one is joined with. */
  neighboursOf(index: number): readonly number[] {
    return this.#pairs[index] ?? []
  }

  /** Whether this node is joined with a router. */
  isJoined(index: number): boolean {
    return this.#selfPairs.has(index)
  }

  /**
   * The router before this node on its way from the nearest of `roots`, of several the one with the lowest id.
   * `undefined`: this node is a root, or there is no way.
   *
   * Distances are the same in both directions, so a search from each router that this node is joined with serves for all
   * roots.
   */
  before(roots: readonly number[]): number | undefined {
    const distance = this.#nearest(this.self, roots)
    if (distance === 0 || distance === UNREACHED) return undefined
    return this.neighboursOf(this.self).find((router) => this.#nearest(router, roots) === distance - 1)
  }

  /** The one with the lowest id of those in the same part of the network as this node. */
  get lowest(): number {
    const distances = this.distancesFrom([this.self])
    return distances.findIndex((distance) => distance !== UNREACHED)
  }

  /** How many links each router is away from the nearest of `roots`, by its index. */
  distancesFrom(roots: readonly number[]): Uint16Array {
    const key = roots.join()
    const known = this.#distances.get(key)
    if (known !== undefined) return known
    const distances = new Uint16Array(this.#ids.length).fill(UNREACHED)
    const found = [...roots]
    for (const root of roots) distances[root] = 0
    for (const router of found) {
      const next = Math.min((distances[router] as number) + 1, UNREACHED - 1)
      for (const other of this.neighboursOf(router)) {
        if (distances[other] !== UNREACHED) continue
        distances[other] = next
        found.push(other)
      }
    }
    if (this.#distances.size >= this.#maxTrees) this.#distances.clear()
    this.#distances.set(key, distances)
    return distances
  }

  #nearest(from: number, roots: readonly number[]): number {
    const distances = this.distancesFrom([from])
    return roots.reduce((nearest, root) => Math.min(nearest, distances[root] ?? UNREACHED), UNREACHED)
  }
}
