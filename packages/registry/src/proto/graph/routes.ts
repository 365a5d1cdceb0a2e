import type { NodeId } from '@astranet/interface'
import type { GraphNode } from './graph-node.js'

/** The most routers that a route may pass. */
export const MAX_ROUTE_ROUTERS = 16

/** A link without a published cost is chosen as if it had this one, ms. */
const UNKNOWN_COST_MS = 1_000

/** A route to a node. */
export interface GraphRoute {
  /** The routers on the way, in order, 0 to 16. Empty: there is a link to the node itself. */
  readonly via: readonly NodeId[]
  /**
   * The sum of the round-trip times that are published of the links on the way, in ms. `undefined` when one of two
   * routers, or this node's own, is not known. The link to a node that is no router has none, and does not count.
   */
  readonly costMs: number | undefined
}

/** The cheapest way to a router. */
interface Way {
  readonly router: GraphNode
  readonly previous: Way | undefined
  /** Routers on it, with its end. */
  readonly length: number
  /** What decides. */
  readonly weight: number
  readonly costMs: number | undefined
}

/** The cheapest ways to all routers within the hop limit. Made anew when the routers' links have changed. */
export class Routes {
  readonly #ways: Map<GraphNode, Way>
  /** The ways to routers that are as far away as a node may be, so that none leads on from there. */
  readonly #ends: Map<GraphNode, Way>

  constructor(roots: Iterable<GraphNode>) {
    const ways = new Map<GraphNode, Way>()
    let frontier = new Map<GraphNode, Way>()
    for (const root of roots) improve(frontier, root, undefined, root.neighbour?.costMs)
    for (let length = 1; length <= MAX_ROUTE_ROUTERS; length++) {
      for (const [router, way] of frontier) ways.set(router, way)
      frontier = nextRound(ways, frontier)
    }
    this.#ways = ways
    this.#ends = frontier
  }

  /** The route to a node that is reached. `undefined`: every way is too long. */
  to(node: GraphNode): GraphRoute | undefined {
    if (node.isRouter) {
      const way = this.#ends.get(node) ?? this.#ways.get(node)
      return way && { via: routersOf(way.previous), costMs: way.costMs }
    }
    let best: Way | undefined
    for (const router of node.routers) {
      const way = this.#ways.get(router)
      if (way !== undefined && (best === undefined || way.weight < best.weight)) best = way
    }
    return best && { via: routersOf(best), costMs: best.costMs }
  }
}

/** The ways that are one router longer and cheaper than what is known. */
function nextRound(ways: Map<GraphNode, Way>, frontier: Map<GraphNode, Way>): Map<GraphNode, Way> {
  const next = new Map<GraphNode, Way>()
  for (const way of frontier.values()) {
    for (const router of way.router.routers) {
      const known = ways.get(router)
      const cost = linkCost(way.router, router)
      if (known === undefined || way.weight + (cost ?? UNKNOWN_COST_MS) < known.weight)
        improve(next, router, way, cost)
    }
  }
  return next
}

function improve(
  ways: Map<GraphNode, Way>,
  router: GraphNode,
  previous: Way | undefined,
  cost: number | undefined,
): void {
  const weight = (previous?.weight ?? 0) + (cost ?? UNKNOWN_COST_MS)
  const known = ways.get(router)
  if (known !== undefined && known.weight <= weight) return
  const before = previous === undefined ? 0 : previous.costMs
  const costMs = cost === undefined || before === undefined ? undefined : before + cost
  ways.set(router, { router, previous, length: (previous?.length ?? 0) + 1, weight, costMs })
}

/** What two routers say about the link between them: the larger, so that none makes its link look better than it is. */
function linkCost(one: GraphNode, other: GraphNode): number | undefined {
  const there = one.links?.get(other)?.cost
  const back = other.links?.get(one)?.cost
  return there === undefined || back === undefined ? (there ?? back) : Math.max(there, back)
}

function routersOf(way: Way | undefined): NodeId[] {
  const via: NodeId[] = []
  for (let each = way; each !== undefined; each = each.previous) via.push(each.router.id)
  return via.reverse()
}
