import type { NodeId } from '@astranet/interface'
import type { Catalogue, Watch } from '@astranet/registry'
import type { Route, RouteChange } from './route.js'
import { RouteWatch } from './route-watch.js'

const DIRECT: readonly NodeId[] = Object.freeze([])

/**
 * The routes to other nodes, read from the catalogue. It keeps no state of its own: each read answers from what the
 * catalogue knows at that moment.
 *
 * Only direct routes exist: those to neighbours whose link is up.
 */
export class RouteTable {
  readonly #catalogue: Catalogue

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue
  }

  /** A route to each node that can be reached, nearest and cheapest first, then by node id. This node is not listed. */
  routes(): Route[] {
    return this.#catalogue
      .neighbours()
      .map((nodeId) => this.#direct(nodeId))
      .sort(byDistanceThenCost)
  }

  /** The route to a node, or `undefined` when there is none (nor is there one to this node itself). */
  routeTo(nodeId: NodeId): Route | undefined {
    return this.#catalogue.isUp(nodeId) ? this.#direct(nodeId) : undefined
  }

  /**
   * Watches the routes. `onPending` is called once when there may be something to take, then not again before it was
   * taken; it only schedules a `take`, and must not throw. The first `take` reports all routes. A watch holds the
   * routes that it last reported; close it when it is not needed.
   */
  watch(onPending: () => void): Watch<RouteChange> {
    const watch = new RouteWatch(() => this.routes(), onPending)
    const stop = this.#catalogue.watchGraph(() => watch.wake())
    return {
      take: () => watch.take(),
      close: () => {
        stop()
        watch.close()
      },
    }
  }

  #direct(nodeId: NodeId): Route {
    const cost = this.#catalogue.link(this.#catalogue.self, nodeId)?.cost
    return Object.freeze({ nodeId, distance: 0, via: DIRECT, cost })
  }
}

function byDistanceThenCost(a: Route, b: Route): number {
  if (a.distance !== b.distance) return a.distance - b.distance
  const [costA, costB] = [a.cost ?? Infinity, b.cost ?? Infinity]
  if (costA !== costB) return costA - costB
  return a.nodeId < b.nodeId ? -1 : 1
}
