import type { NodeId } from '@astranet/interface'
import { GraphNode, type LinkFacts, type NeighbourFacts, type NodeFacts } from './graph-node.js'
import { Reach } from './reach.js'
import { Routes, type GraphRoute } from './routes.js'
import { SpreadTrees } from './spread-trees.js'

/** A node whose present log is not held, although a node that is reached has a link to it. */
export interface MissingLog {
  readonly id: NodeId
  /** The neighbours that lead to those with a link to it, each once: where to ask for the log. At most 8. */
  readonly nextHops: readonly NodeId[]
}

/** What has changed since the last time. A node that came and went is in none of the lists. */
export interface GraphChanges {
  readonly appeared: readonly NodeId[]
  readonly gone: readonly NodeId[]
  /** Ids whose log may be missing now, at most 1,024: ask `missing` about each when it has had the time to arrive. */
  readonly suspects: readonly NodeId[]
}

const MAX_NEXT_HOPS = 8

/** A router may claim links to nodes that do not exist, many at once. */
const MAX_SUSPECTS = 1_024

/**
 * The graph of nodes and links, and who can be reached in it. Its owner reports what the logs say and which links there
 * are; all answers are of that moment. It holds what its owner holds in logs: one node for each id, one entry for each
 * link of a router.
 */
export class Graph {
  /** How changes spread in it. */
  readonly trees: SpreadTrees
  readonly #self: NodeId
  readonly #nodes = new Map<NodeId, GraphNode>()
  readonly #neighbours = new Set<GraphNode>()
  readonly #touched = new Set<GraphNode>()
  readonly #reach = new Reach((node) => void this.#touched.add(node))
  #routes: Routes | undefined

  constructor(self: NodeId) {
    this.#self = self
    this.trees = new SpreadTrees({ self, reach: this.#reach, nodeOf: (id) => this.#nodes.get(id) })
  }

  /** Takes what a node's services log says about it; `undefined`: the log is not held any more. */
  setNode(id: NodeId, facts: NodeFacts | undefined): void {
    if (id === this.#self) return
    const node = this.#node(id)
    if (isSameNode(node.facts, facts)) return
    this.#reach.detach(node)
    node.facts = facts
    this.#reach.attach(node)
    this.#changed(node)
    for (const other of node.links?.keys() ?? []) this.#touched.add(other)
  }

  /** Takes what a router's links log says about its link to `to`; `undefined`: it has none. */
  setLink(from: NodeId, to: NodeId, facts: LinkFacts | undefined): void {
    // This node's own links are its neighbours. What others say about this node joins nothing, because nothing is known
    // about this node here, but it shows that their links are held.
    if (from === this.#self || from === to) return
    const node = this.#node(from)
    const other = this.#node(to)
    const had = node.links?.get(other)
    if (to === this.#self && had?.incarnation !== facts?.incarnation) this.trees.claimChanged()
    if (facts === undefined) {
      if (had !== undefined) forgetLink(node, other)
    } else {
      node.links ??= new Map()
      node.links.set(other, facts)
      if (had === undefined) other.claimedBy.push(node)
    }
    this.#reach.linkChanged(node, other)
    this.#changed(node)
    this.#changed(other)
  }

  /** Takes the state of this node's own link to `id`; `undefined`: there is none. */
  setNeighbour(id: NodeId, facts: NeighbourFacts | undefined): void {
    if (id === this.#self) return
    const node = this.#node(id)
    node.neighbour = facts
    if (facts === undefined) this.#neighbours.delete(node)
    else this.#neighbours.add(node)
    this.#reach.directChanged(node)
    this.#changed(node)
  }

  /** What has changed since the last call. */
  takeChanges(): GraphChanges {
    this.#reach.settle()
    const appeared: NodeId[] = []
    const gone: NodeId[] = []
    const suspects: NodeId[] = []
    // A set that is walked while it grows: each node once.
    for (const node of this.#touched) {
      if (node.isReached !== node.wasReached) (node.isReached ? appeared : gone).push(node.id)
      // What a router claims counts from when it is reached on.
      if (node.isReached && !node.wasReached)
        for (const other of node.links?.keys() ?? []) this.#touched.add(other)
      node.wasReached = node.isReached
      if (suspects.length < MAX_SUSPECTS && this.missing(node.id) !== undefined) suspects.push(node.id)
    }
    this.#touched.clear()
    return { appeared, gone, suspects }
  }

  /** Whether a node can be reached, and the log that is held of it is of its present life. This node can. */
  isReachable(id: NodeId): boolean {
    this.#reach.settle()
    return id === this.#self || this.#nodes.get(id)?.isReached === true
  }

  /** Whether there is a link from this node to it, in the life whose logs are held. */
  isNeighbour(id: NodeId): boolean {
    return this.#nodes.get(id)?.isDirect === true
  }

  /** The ids of the nodes that can be reached, without this node. */
  *reachable(): Iterable<NodeId> {
    this.#reach.settle()
    for (const node of this.#nodes.values()) if (node.isReached) yield node.id
  }

  /**
   * The cheapest route to a node over at most 16 routers, and of two that cost the same the shorter one. `undefined`:
   * there is none. A link of this node's own is a route whatever is known of the node at its other end.
   */
  routeTo(id: NodeId): GraphRoute | undefined {
    this.#reach.settle()
    const node = this.#nodes.get(id)
    if (node?.neighbour !== undefined) return { via: [], costMs: node.neighbour.costMs }
    if (node === undefined || !node.isReached) return undefined
    this.#routes ??= new Routes(this.#reach.roots)
    return this.#routes.to(node)
  }

  /** Whether a reached node has a link to `id` in a later life than the one whose logs are held. */
  missing(id: NodeId): MissingLog | undefined {
    this.#reach.settle()
    const node = this.#nodes.get(id)
    if (node === undefined || id === this.#self || isComplete(node)) return undefined
    const nextHops = new Set<NodeId>()
    if (node.neighbour !== undefined && isLater(node.neighbour.incarnation, node)) nextHops.add(node.id)
    for (const router of node.claimedBy) {
      const claimed = router.links?.get(node)?.incarnation
      if (!router.isReached || claimed === undefined || !isLater(claimed, node)) continue
      const hop = hopTowards(router)
      if (hop !== undefined) nextHops.add(hop)
      if (nextHops.size === MAX_NEXT_HOPS) break
    }
    return nextHops.size === 0 ? undefined : { id, nextHops: [...nextHops] }
  }

  #node(id: NodeId): GraphNode {
    let node = this.#nodes.get(id)
    if (node === undefined) {
      node = new GraphNode(id)
      this.#nodes.set(id, node)
    }
    return node
  }

  #changed(node: GraphNode): void {
    this.#routes = undefined
    this.#touched.add(node)
    if (node.isEmpty) this.#nodes.delete(node.id)
  }
}

/** The neighbour on the way to a node that is reached. */
function hopTowards(node: GraphNode): NodeId | undefined {
  if (node.neighbour !== undefined) return node.id
  let router = node.isRouter ? node : node.routers.find((each) => each.isReached)
  if (router?.isReached !== true) return undefined
  while (router.neighbour === undefined && router.parent !== undefined) router = router.parent
  return router.id
}

/** Whether all claims about a node are about a life whose logs are held; then it needs no search. */
function isComplete(node: GraphNode): boolean {
  if (node.neighbour !== undefined && isLater(node.neighbour.incarnation, node)) return false
  return !node.claimedBy.some((router) => isLater(router.links?.get(node)?.incarnation ?? 0, node))
}

/** Whether a claimed life has logs that are not held: it is later, or it is a router's and no links are held of it. */
function isLater(incarnation: number, { facts, links }: GraphNode): boolean {
  if (facts === undefined) return true
  return incarnation > facts.incarnation || (incarnation === facts.incarnation && facts.isRouter && !links)
}

function forgetLink(from: GraphNode, to: GraphNode): void {
  from.links?.delete(to)
  if (from.links?.size === 0) from.links = undefined
  to.claimedBy.splice(to.claimedBy.indexOf(from), 1)
}

function isSameNode(one: NodeFacts | undefined, other: NodeFacts | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  if (one.incarnation !== other.incarnation || one.isRouter !== other.isRouter) return false
  const { routers } = other
  return one.routers.length === routers.length && one.routers.every((id, index) => id === routers[index])
}
