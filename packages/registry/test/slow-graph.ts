import type { NodeId } from '@astranet/interface'
import type { LinkFacts, NeighbourFacts, NodeFacts } from '../src/proto/graph/graph-node.js'

const HOP_LIMIT = 16
const UNKNOWN_COST_MS = 1_000

/** What a `Graph` should answer, worked out anew each time from all that was told. */
export class SlowGraph {
  readonly neighbours = new Map<NodeId, NeighbourFacts>()
  readonly #self: NodeId
  readonly #nodes = new Map<NodeId, NodeFacts>()
  readonly #links = new Map<NodeId, Map<NodeId, LinkFacts>>()

  constructor(self: NodeId) {
    this.#self = self
  }

  setNode(id: NodeId, facts: NodeFacts | undefined): void {
    set(this.#nodes, id, id === this.#self ? undefined : facts)
  }

  setLink(from: NodeId, to: NodeId, facts: LinkFacts | undefined): void {
    if (from === this.#self || from === to) return
    const links = this.#links.get(from) ?? new Map<NodeId, LinkFacts>()
    set(links, to, facts)
    set(this.#links, from, links.size === 0 ? undefined : links)
  }

  setNeighbour(id: NodeId, facts: NeighbourFacts | undefined): void {
    set(this.neighbours, id, id === this.#self ? undefined : facts)
  }

  reachable(): Set<NodeId> {
    const reached = new Set<NodeId>()
    for (let size = -1; size !== reached.size;) {
      size = reached.size
      for (const id of this.#nodes.keys()) {
        const isBehind = [...reached].some((router) => this.#isRouter(router) && this.#areJoined(router, id))
        if (this.#isDirect(id) || isBehind) reached.add(id)
      }
    }
    return reached
  }

  missingHops(id: NodeId, reachable: ReadonlySet<NodeId>): boolean {
    if (id === this.#self) return false
    const claims = [...reachable].map((router) => this.#links.get(router)?.get(id)?.incarnation)
    claims.push(this.neighbours.get(id)?.incarnation)
    const facts = this.#nodes.get(id)
    return claims.some((claim) => {
      if (claim === undefined) return false
      if (facts === undefined || claim > facts.incarnation) return true
      return claim === facts.incarnation && facts.isRouter && !this.#links.has(id)
    })
  }

  /** What the cheapest allowed route weighs; by trying all numbers of routers. */
  bestWeight(id: NodeId): number | undefined {
    const neighbour = this.neighbours.get(id)
    if (neighbour !== undefined) return neighbour.costMs ?? UNKNOWN_COST_MS
    let best = new Map<NodeId, number>()
    for (const root of this.#routers())
      if (this.#isDirect(root)) best.set(root, this.neighbours.get(root)?.costMs ?? UNKNOWN_COST_MS)
    const last = this.#isRouter(id) ? HOP_LIMIT + 1 : HOP_LIMIT
    for (let length = 2; length <= last; length++) {
      const next = new Map(best)
      for (const [from, weight] of best) {
        for (const to of this.#routers()) {
          if (!this.#areJoined(from, to)) continue
          const total = weight + (this.#cost(from, to) ?? UNKNOWN_COST_MS)
          if (total < (next.get(to) ?? Infinity)) next.set(to, total)
        }
      }
      best = next
    }
    if (this.#isRouter(id)) return best.get(id)
    const weights = [...best].filter(([router]) => this.#areJoined(router, id)).map(([, weight]) => weight)
    return weights.length === 0 ? undefined : Math.min(...weights)
  }

  /** What a route weighs; throws unless each step of it is there. */
  weightOf(id: NodeId, via: readonly NodeId[]): number {
    return this.#steps(id, via).reduce<number>((sum, cost) => sum + (cost ?? UNKNOWN_COST_MS), 0)
  }

  costOf(id: NodeId, via: readonly NodeId[]): number | undefined {
    return this.#steps(id, via).reduce<number | undefined>(
      (sum, cost) => (sum === undefined || cost === undefined ? undefined : sum + cost),
      0,
    )
  }

  #steps(id: NodeId, via: readonly NodeId[]): (number | undefined)[] {
    const way = [...via, id]
    if (via.length > HOP_LIMIT || new Set(way).size !== way.length) throw new Error('too long, or a loop')
    const first = this.neighbours.get(way[0] as NodeId)
    if (first === undefined) throw new Error('does not begin at a neighbour')
    const costs = [first.costMs]
    via.forEach((router, index) => {
      const next = way[index + 1] as NodeId
      if (!this.#isRouter(router) || !this.#areJoined(router, next)) throw new Error('no such link')
      costs.push(this.#isRouter(next) ? this.#cost(router, next) : 0)
    })
    return costs
  }

  #routers(): NodeId[] {
    return [...this.#nodes.keys()].filter((id) => this.#isRouter(id))
  }

  #isRouter(id: NodeId): boolean {
    return this.#nodes.get(id)?.isRouter === true
  }

  #isDirect(id: NodeId): boolean {
    const incarnation = this.#nodes.get(id)?.incarnation
    return incarnation !== undefined && this.neighbours.get(id)?.incarnation === incarnation
  }

  #areJoined(router: NodeId, id: NodeId): boolean {
    if (!this.#claims(router, id)) return false
    return this.#isRouter(id)
      ? this.#claims(id, router)
      : this.#nodes.get(id)?.routers.includes(router) === true
  }

  #claims(from: NodeId, to: NodeId): boolean {
    const link = this.#links.get(from)?.get(to)
    return link !== undefined && link.incarnation === this.#nodes.get(to)?.incarnation
  }

  #cost(from: NodeId, to: NodeId): number | undefined {
    const both = [this.#links.get(from)?.get(to)?.cost, this.#links.get(to)?.get(from)?.cost]
    const known = both.filter((cost) => cost !== undefined)
    return known.length === 0 ? undefined : Math.max(...known)
  }
}

function set<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key)
  else map.set(key, value)
}
