import type { NodeId } from '@astranet/interface'
import { checkFunction, invalidType } from '@astranet/interface/check'
import type { Catalogue, Watch } from '@astranet/registry'
import type { Route, RouteChange } from './route.js'
import { RouteWatch } from './route-watch.js'

const DIRECT: readonly NodeId[] = Object.freeze([])

/**
 * The routes to other nodes, read from the catalogue: directly to each neighbour whose link is up, and over routers to
 * all others that are reachable. It keeps no state of its own: each read answers from what the catalogue knows at that
 * moment.
 */
export class RouteTable {
  readonly #catalogue: Catalogue
  readonly #isEncrypted: ((nodeId: NodeId) => boolean | undefined) | undefined

  /** `isEncrypted`: whether the link to a neighbour is. Throws a `TypeError` that names an argument of the wrong type. */
  constructor(catalogue: Catalogue, isEncrypted?: (nodeId: NodeId) => boolean | undefined) {
    const { routeTo } = (catalogue as Catalogue | null | undefined) ?? ({} as Partial<Catalogue>)
    if (typeof routeTo !== 'function') throw invalidType('catalogue', 'a Catalogue', catalogue)
    if (isEncrypted !== undefined) checkFunction('isEncrypted', isEncrypted)
    this.#catalogue = catalogue
    this.#isEncrypted = isEncrypted
  }

  /** A route to each node that can be reached, nearest and cheapest first, then by node id. This node is not listed. */
  routes(): Route[] {
    return this.#unsorted().sort(byDistanceThenCost)
  }

  /** The route to a node; `undefined` when there is none, and for this node itself. */
  routeTo(nodeId: NodeId): Route | undefined {
    const catalogue = this.#catalogue
    if (nodeId === catalogue.self) return undefined
    return catalogue.isUp(nodeId) ? this.#direct(nodeId) : this.#overRouters(nodeId)
  }

  /**
   * Watches the routes. `onPending` is called once when there may be something to take, then not again before it was
   * taken; it only schedules a `take`, and must not throw. The first `take` reports all routes. A watch holds the
   * routes that it last reported; close it when it is not needed.
   *
   * A `take` compares all routes with those, so take when many changes can have come together.
   */
  watch(onPending: () => void): Watch<RouteChange> {
    const watch = new RouteWatch(() => this.#unsorted(), onPending)
    const stop = this.#catalogue.watchGraph(() => watch.wake())
    return {
      take: () => watch.take(),
      close: () => {
        stop()
        watch.close()
      },
    }
  }

  #unsorted(): Route[] {
    const catalogue = this.#catalogue
    const routes = catalogue.neighbours().map((nodeId) => this.#direct(nodeId))
    for (const nodeId of catalogue.reachable()) {
      const route = catalogue.isUp(nodeId) ? undefined : this.#overRouters(nodeId)
      if (route !== undefined) routes.push(route)
    }
    return routes
  }

  #direct(nodeId: NodeId): Route {
    const cost = this.#catalogue.link(this.#catalogue.self, nodeId)?.cost
    const isEncrypted = this.#isEncrypted?.(nodeId)
    return Object.freeze({ nodeId, distance: 0, kind: 'direct', isEncrypted, via: DIRECT, cost })
  }

  #overRouters(nodeId: NodeId): Route | undefined {
    const route = this.#catalogue.routeTo(nodeId)
    if (route === undefined) return undefined
    const { via, costMs: cost } = route
    return Object.freeze({ nodeId, distance: via.length, kind: 'relay', isEncrypted: true, via, cost })
  }
}

function byDistanceThenCost(a: Route, b: Route): number {
  if (a.distance !== b.distance) return a.distance - b.distance
  const [costA, costB] = [a.cost ?? Infinity, b.cost ?? Infinity]
  if (costA !== costB) return costA - costB
  return a.nodeId < b.nodeId ? -1 : 1
}
