import type { NodeId } from '@astranet/interface'
import type { GraphNode } from './graph-node.js'
import { UNREACHED, type RouterMap } from './router-map.js'

/**
 * The way that changes of one owner's logs take: a tree of shortest paths. Of several routers at the same distance the
 * one with the lowest id comes before. So all routers with the same map find the same tree, and each of them knows from
 * its own place in it where a change goes next.
 */
export class SpreadTree {
  readonly #map: RouterMap
  readonly #distances: Uint16Array
  /** The router before this node, if a change may begin anywhere in the tree, so that it also goes towards the root. */
  readonly #towardsRoot: number | undefined

  /** `isShared`: a change may begin anywhere in the tree. */
  constructor(map: RouterMap, roots: readonly number[], isShared: boolean) {
    this.#map = map
    this.#distances = map.distancesFrom(roots)
    this.#towardsRoot = isShared ? this.#before(map.self) : undefined
  }

  /** Whether this node is in the tree. */
  get isJoined(): boolean {
    return this.#distanceOf(this.#map.self) !== UNREACHED
  }

  /** Whether a change goes over the link to a router: to one behind this node, in a shared tree also to the one before. */
  leadsToRouter(id: NodeId): boolean {
    const { self } = this.#map
    const router = this.#map.indexOf(id)
    // Nobody else may know yet of a router that is not joined with this node.
    if (router === undefined || !this.#map.isJoined(router)) return true
    return this.#before(router) === self || this.#towardsRoot === router
  }

  /** Whether a change goes over the link to a node that is no router and is joined with this one. */
  leadsToNode({ routers }: GraphNode): boolean {
    let best = this.#map.self
    for (const { id } of routers) {
      const router = this.#map.indexOf(id)
      if (router !== undefined && this.#isNearer(router, best)) best = router
    }
    return best === this.#map.self
  }

  /** The router before one on its way from the root; `undefined`: it is a root, or not in the tree. */
  #before(router: number): number | undefined {
    const distance = this.#distanceOf(router)
    if (distance === 0 || distance === UNREACHED) return undefined
    let first: number | undefined
    for (const other of this.#map.neighboursOf(router)) {
      if (this.#distanceOf(other) === distance - 1 && (first === undefined || other < first)) first = other
    }
    return first
  }

  #isNearer(one: number, other: number): boolean {
    const difference = this.#distanceOf(one) - this.#distanceOf(other)
    return difference === 0 ? one < other : difference < 0
  }

  #distanceOf(router: number): number {
    return this.#distances[router] ?? UNREACHED
  }
}
