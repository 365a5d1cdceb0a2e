import type { NodeId } from '@astranet/interface'
import { CloseCode, type Link } from '@astranet/link'
import type { LinkRecord } from './link-record.js'
import { LinksByNode } from './links-by-node.js'
import type { AdmittedIdentity } from './remote-identity.js'

/**
 * All links of a node, from the moment they are made until they have closed, with what is kept of each. `LinkMaker`
 * adds links; `LinkEvents` notes what becomes of them.
 */
export class LinkTable {
  readonly #links = new Map<Link, LinkRecord>()
  readonly #byNode = new LinksByNode()
  #isClosed = false
  /** Callers of `close`. */
  #closing: (() => void)[] = []
  /** Callers that wait until a link has closed. */
  readonly #ending = new Map<Link, (() => void)[]>()

  /** Whether `close` was called: no link may be added any more. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** How many links there are that have not closed. */
  get size(): number {
    return this.#links.size
  }

  /** The node at the other end of a link that this node has admitted; `undefined` for others and once it has closed. */
  identityOf(link: Link): AdmittedIdentity | undefined {
    return this.#links.get(link)?.identity
  }

  /** What is kept of a link that has not closed. */
  recordOf(link: Link): LinkRecord | undefined {
    return this.#links.get(link)
  }

  /** The links that this node has admitted, open or about to open. */
  *admitted(): Generator<readonly [Link, AdmittedIdentity]> {
    for (const [link, { identity }] of this.#links) if (identity !== undefined) yield [link, identity]
  }

  /** All open links to the node. */
  linksTo(nodeId: NodeId): readonly Link[] {
    return this.#byNode.to(nodeId)
  }

  /** Adds a link that is not started yet. */
  add(link: Link, record: LinkRecord): void {
    this.#links.set(link, record)
  }

  /**
   * Takes no more links, and closes all when `leaving` has resolved, or at once without it; resolves when all have
   * closed.
   */
  async close(leaving?: Promise<void>): Promise<void> {
    this.#isClosed = true
    if (leaving !== undefined) await leaving
    for (const link of [...this.#links.keys()]) link.close()
    if (this.#links.size > 0) await new Promise<void>((resolve) => this.#closing.push(resolve))
  }

  /** Closes a link whose peer may not be a neighbour, for that reason; resolves when it has closed. */
  async refuse(link: Link, reason: string): Promise<void> {
    link.close(CloseCode.REFUSED, reason)
    await this.#end(link)
  }

  /** Closes the links through routers; resolves when all have closed. */
  async closeTunnels(): Promise<void> {
    const tunnels = [...this.#links].flatMap(([link, { path }]) => (path.kind === 'relay' ? [link] : []))
    for (const link of tunnels) link.close()
    await Promise.all(tunnels.map((link) => this.#end(link)))
  }

  /** Sends this node's incarnation to all neighbours: it is not the one of their HELLOs any more. */
  announceIncarnation(incarnation: number): void {
    for (const link of this.#links.keys()) link.tellIncarnation(incarnation)
  }

  /** The links through routers whose tunnels begin on that link. */
  over(link: Link): (readonly [Link, LinkRecord])[] {
    return [...this.#links].filter(([, record]) => record.over === link)
  }

  /** The link is open. */
  opened(nodeId: NodeId, link: Link, record: LinkRecord): void {
    record.nodeId = nodeId
    this.#byNode.add(nodeId, link)
  }

  /** The link has closed: nothing is kept of it. */
  delete(link: Link, { nodeId }: LinkRecord): void {
    this.#links.delete(link)
    if (nodeId !== undefined) this.#byNode.delete(nodeId, link)
  }

  /** All that concerns a link that was deleted is done: callers that waited for it go on. */
  settle(link: Link): void {
    for (const resolve of this.#ending.get(link) ?? []) resolve()
    this.#ending.delete(link)
    if (this.#links.size > 0) return
    const closing = this.#closing
    this.#closing = []
    for (const resolve of closing) resolve()
  }

  async #end(link: Link): Promise<void> {
    if (!this.#links.has(link)) return
    const callers = this.#ending.get(link) ?? []
    this.#ending.set(link, callers)
    await new Promise<void>((resolve) => callers.push(resolve))
  }
}
