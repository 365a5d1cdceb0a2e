import type { NodeId } from '@astranet/interface'

/** What a node's own log says about the node. */
export interface NodeFacts {
  /** The incarnation of the log that says it. */
  readonly incarnation: number
  /** Whether it forwards for others. */
  readonly isRouter: boolean
  /** The routers that it has links to, when it is none itself. */
  readonly routers: readonly NodeId[]
}

/** What a router's log says about one of its links. */
export interface LinkFacts {
  /** The incarnation of the node at the other end. */
  readonly incarnation: number
  /** The round-trip time in ms; `undefined`: not published. */
  readonly cost: number | undefined
}

/** What this node knows of a link of its own. */
export interface NeighbourFacts {
  /** The incarnation that the neighbour has told on the link. */
  readonly incarnation: number
  /** Whether the neighbour forwards for others, as it told on the link. */
  readonly isRouter: boolean
  /** The round-trip time in ms; `undefined`: not measured yet. */
  readonly costMs: number | undefined
}

/**
 * One node of the graph: what it claims, what is claimed about it, and what follows from both. A graph holds one for
 * each id that it has heard of, so the collections that most nodes do not need are made when they are needed.
 */
export class GraphNode {
  readonly id: NodeId
  facts: NodeFacts | undefined = undefined
  neighbour: NeighbourFacts | undefined = undefined
  /** The links in its own log. */
  links: Map<GraphNode, LinkFacts> | undefined = undefined
  /** The nodes that have a link to this one in their logs. */
  readonly claimedBy: GraphNode[] = []
  /** The routers that this node is joined with: each of the two claims the other. */
  readonly routers: GraphNode[] = []
  /** Of a router: the nodes joined with it that are no routers. */
  attached: Set<GraphNode> | undefined = undefined
  isReached = false
  /** Of a reached router: the router before it, seen from this node. `undefined`: it is a neighbour. */
  parent: GraphNode | undefined = undefined
  /** What the last changes that were taken said about it. */
  wasReached = false

  constructor(id: NodeId) {
    this.id = id
  }

  get isRouter(): boolean {
    return this.facts !== undefined && this.facts.isRouter
  }

  /** Whether there is a link from this node to it, and the log that is held is of the life that told so. */
  get isDirect(): boolean {
    return this.neighbour !== undefined && this.neighbour.incarnation === this.facts?.incarnation
  }

  /** Whether nothing is known of it, so that the graph can forget it. */
  get isEmpty(): boolean {
    if (this.facts !== undefined || this.neighbour !== undefined) return false
    return this.links === undefined && this.claimedBy.length === 0
  }

  /** Whether it claims a link to `other` in the present life of `other`. */
  claims(other: GraphNode): boolean {
    const link = this.links?.get(other)
    return link !== undefined && link.incarnation === other.facts?.incarnation
  }
}
