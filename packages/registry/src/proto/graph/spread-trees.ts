import type { NodeId } from '@astranet/interface'
import type { GraphNode } from './graph-node.js'
import type { Reach } from './reach.js'
import { RouterMap } from './router-map.js'
import { SpreadTree } from './spread-tree.js'

/** How long after a change of the router map all changes spread by one tree, in ms. */
const YOUNG_MS = 1_000

/** How long a map is used at least, whatever changes meanwhile, in ms: this, and 1 ms for every ten routers. */
const MIN_MAP_MS = 100
const ROUTERS_PER_MS = 10

/** What {@link SpreadTrees} read. */
export interface SpreadTreesParts {
  readonly self: NodeId
  readonly reach: Reach
  readonly nodeOf: (id: NodeId) => GraphNode | undefined
}

/**
 * The trees by which changes spread (spec section 7.2.1), and the router map that they are found in. While routers come
 * and go a map is used for a moment although it is out of date, so that the work does not grow with the number of
 * changes. Times are in ms.
 */
export class SpreadTrees {
  readonly #parts: SpreadTreesParts
  /** How often what routers claim about this node has changed. */
  #claims = 0
  #version = 0
  #changedAt = -YOUNG_MS
  #map: RouterMap | undefined
  #mapVersion = -1
  #mapAt = 0

  constructor(parts: SpreadTreesParts) {
    this.#parts = parts
  }

  /** When the router map last changed. A change that was not noticed before counts as one at `now`. */
  changedAt(now: number): number {
    this.#look(now)
    return this.#changedAt
  }

  /** A router claims this node, or does not any more. */
  claimChanged(): void {
    this.#claims++
  }

  /** The tree by which a change of an owner's log spreads at `now`. `undefined`: this node has no place in it. */
  treeOf(owner: NodeId, now: number): SpreadTree | undefined {
    const map = this.#mapAtTime(now)
    const roots = now - this.#changedAt < YOUNG_MS ? [] : this.#rootsOf(owner, map)
    const tree =
      roots.length > 0 ? new SpreadTree(map, roots, false) : new SpreadTree(map, [map.lowest], true)
    return tree.isJoined ? tree : undefined
  }

  /** Whether a change that spreads by `tree` goes over the link to a neighbour. */
  leadsTo(tree: SpreadTree, neighbour: NodeId): boolean {
    const node = this.#parts.nodeOf(neighbour)
    if (node === undefined || !node.isDirect) return true
    if (node.isRouter) return tree.leadsToRouter(neighbour)
    // As long as it does not claim this node, nobody else knows of this way to it.
    return !this.#isClaimedBy(node) || tree.leadsToNode(node)
  }

  /**
   * The router before this node in the tree of an owner. Following it from node to node leads to the owner.
   * `undefined`: the owner is a neighbour, or there is none.
   */
  before(owner: NodeId, now: number): NodeId | undefined {
    const map = this.#mapAtTime(now)
    const before = map.before(this.#rootsOf(owner, map))
    return before === undefined ? undefined : map.idOf(before)
  }

  /** The routers where changes of an owner begin to spread: the owner, or those it has links to. */
  #rootsOf(owner: NodeId, map: RouterMap): number[] {
    const { self, nodeOf } = this.#parts
    if (owner === self) return [map.self]
    const node = nodeOf(owner)
    if (node === undefined) return []
    const ids = node.isRouter ? [owner] : node.routers.map(({ id }) => id)
    if (!node.isRouter && node.isDirect && this.#isClaimedBy(node)) ids.push(self)
    return ids.flatMap((id) => map.indexOf(id) ?? []).sort((one, other) => one - other)
  }

  /** Whether a node that is no router has a link to this one by its own log. */
  #isClaimedBy({ facts }: GraphNode): boolean {
    return facts?.routers.includes(this.#parts.self) === true
  }

  #look(now: number): void {
    const { reach } = this.#parts
    reach.settle()
    const version = reach.version + this.#claims
    if (version === this.#version) return
    this.#version = version
    this.#changedAt = now
  }

  #mapAtTime(now: number): RouterMap {
    this.#look(now)
    const { self, reach, nodeOf } = this.#parts
    const map = this.#map
    if (map !== undefined) {
      if (this.#mapVersion === this.#version) return map
      if (now - this.#mapAt < MIN_MAP_MS + map.size / ROUTERS_PER_MS) return map
    }
    const own = nodeOf(self)
    const joined = own === undefined ? [] : [...reach.roots].filter((root) => root.links?.has(own))
    this.#mapVersion = this.#version
    this.#mapAt = now
    this.#map = new RouterMap(self, reach.routers, joined)
    return this.#map
  }
}
