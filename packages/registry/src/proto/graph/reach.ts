import type { GraphNode } from './graph-node.js'

/**
 * Which nodes can be reached. Two nodes are joined when each claims the other: two routers by the links in their logs;
 * a router and another node by the router's link and the routers that the node lists. A node is reached when it is a
 * neighbour, or joined with a reached router.
 *
 * A new pair costs what it makes reachable. A lost pair of routers costs a new search over the routers at most, put off
 * until somebody asks. Nodes that are no routers are never searched: only those attached to a router that came or went
 * are looked at.
 */
export class Reach {
  readonly #onTouched: (node: GraphNode) => void
  /** The routers that are neighbours: where a search begins. */
  readonly #roots = new Set<GraphNode>()
  readonly #reachedRouters = new Set<GraphNode>()
  #isStale = false
  #version = 0

  /** `onTouched` is called with each node whose reach may have changed. */
  constructor(onTouched: (node: GraphNode) => void) {
    this.#onTouched = onTouched
  }

  /** Grows whenever the pairs of routers, or which of them can be reached, may have changed. */
  get version(): number {
    return this.#version
  }

  /** The routers that can be reached. */
  get routers(): Iterable<GraphNode> {
    return this.#reachedRouters
  }

  /** The routers that are neighbours. */
  get roots(): Iterable<GraphNode> {
    return this.#roots
  }

  /** Takes all pairs of a node apart, before its facts change. `attach` has to follow. */
  detach(node: GraphNode): void {
    if (this.#reachedRouters.has(node)) this.#version++
    for (const partner of node.routers) {
      if (node.isRouter) remove(partner.routers, node)
      else this.#dropAttached(partner, node)
    }
    node.routers.length = 0
    const { attached } = node
    node.attached = undefined
    for (const each of attached ?? []) {
      remove(each.routers, node)
      this.#look(each)
    }
    if (this.#reachedRouters.has(node)) this.#isStale = true
  }

  /** Joins a node with all nodes that it makes a pair with, after its facts have changed. */
  attach(node: GraphNode): void {
    node.isReached = this.#reachedRouters.has(node)
    for (const other of node.claimedBy) this.linkChanged(other, node)
    if (node.isRouter) for (const other of node.links?.keys() ?? []) this.linkChanged(node, other)
    this.directChanged(node)
    this.#onTouched(node)
  }

  /** One node's claim about the other has changed, and neither's facts have. */
  linkChanged(one: GraphNode, other: GraphNode): void {
    const [router, node] = one.isRouter ? [one, other] : [other, one]
    const wereJoined = node.routers.includes(router)
    const isJoined = router.isRouter && areJoined(router, node)
    if (isJoined === wereJoined) return
    if (!node.isRouter) {
      if (isJoined) this.#addAttached(router, node)
      else {
        remove(node.routers, router)
        this.#dropAttached(router, node)
      }
      this.#look(node)
    } else if (isJoined) this.#join(router, node)
    else this.#part(router, node)
  }

  /** Whether there is a link from this node to `node` has changed, or to which of its lives. */
  directChanged(node: GraphNode): void {
    const isRoot = node.isDirect && node.isRouter
    if (isRoot !== this.#roots.has(node)) this.#version++
    if (!isRoot && this.#roots.delete(node)) this.#isStale = true
    if (isRoot && !this.#roots.has(node)) {
      this.#roots.add(node)
      if (!node.isReached) this.#grow(node, undefined)
    }
    this.#look(node)
  }

  /** Brings everything up to date. */
  settle(): void {
    if (!this.#isStale) return
    this.#isStale = false
    this.#version++
    const before = [...this.#reachedRouters]
    for (const router of before) router.isReached = false
    this.#reachedRouters.clear()
    const found = new Set(this.#search([...this.#roots].map((root) => [root, undefined])))
    for (const router of before) {
      if (found.delete(router)) continue
      this.#onTouched(router)
      this.#look(router)
      this.#lookAttached(router)
    }
    for (const router of found) this.#arrived(router)
  }

  #join(one: GraphNode, other: GraphNode): void {
    if (one.isReached || other.isReached) this.#version++
    one.routers.push(other)
    other.routers.push(one)
    if (one.isReached && !other.isReached) this.#grow(other, one)
    else if (other.isReached && !one.isReached) this.#grow(one, other)
  }

  #part(one: GraphNode, other: GraphNode): void {
    if (one.isReached || other.isReached) this.#version++
    remove(one.routers, other)
    remove(other.routers, one)
    if (one.parent === other || other.parent === one) this.#isStale = true
  }

  /** Reaches a router, and everything behind it. */
  #grow(router: GraphNode, parent: GraphNode | undefined): void {
    if (this.#isStale) return
    for (const each of this.#search([[router, parent]])) this.#arrived(each)
  }

  /** Reaches these routers and all behind them, nearest first. Returns those that were not reached before. */
  #search(first: readonly (readonly [router: GraphNode, parent: GraphNode | undefined])[]): GraphNode[] {
    const found: GraphNode[] = []
    const reach = (router: GraphNode, parent: GraphNode | undefined): void => {
      if (this.#reachedRouters.has(router)) return
      this.#reachedRouters.add(router)
      router.isReached = true
      router.parent = parent
      found.push(router)
    }
    for (const [router, parent] of first) reach(router, parent)
    for (const each of found) for (const next of each.routers) reach(next, each)
    return found
  }

  #arrived(router: GraphNode): void {
    this.#onTouched(router)
    this.#lookAttached(router)
  }

  #lookAttached(router: GraphNode): void {
    for (const node of router.attached ?? []) this.#look(node)
  }

  /** Whether a node that is no router is reached. */
  #look(node: GraphNode): void {
    if (node.isRouter) return
    node.isReached = node.isDirect || node.routers.some((router) => router.isReached)
    this.#onTouched(node)
  }

  #addAttached(router: GraphNode, node: GraphNode): void {
    node.routers.push(router)
    router.attached ??= new Set()
    router.attached.add(node)
  }

  #dropAttached(router: GraphNode, node: GraphNode): void {
    router.attached?.delete(node)
    if (router.attached?.size === 0) router.attached = undefined
  }
}

function areJoined(router: GraphNode, node: GraphNode): boolean {
  if (!router.claims(node)) return false
  return node.isRouter ? node.claims(router) : node.facts?.routers.includes(router.id) === true
}

function remove(list: GraphNode[], node: GraphNode): void {
  const index = list.indexOf(node)
  if (index !== -1) list.splice(index, 1)
}
