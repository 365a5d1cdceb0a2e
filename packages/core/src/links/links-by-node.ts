import type { NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'

/** @internal The open links of a node by the node at the other end, so that very many need not be looked through. */
export class LinksByNode {
  readonly #links = new Map<NodeId, Link[]>()

  /** The links to the node, in the order in which they opened. */
  to(nodeId: NodeId): readonly Link[] {
    return this.#links.get(nodeId) ?? []
  }

  /** The link to the node has opened. */
  add(nodeId: NodeId, link: Link): void {
    this.#links.set(nodeId, [...this.to(nodeId), link])
  }

  /** The link to the node has closed. */
  delete(nodeId: NodeId, link: Link): void {
    const others = this.to(nodeId).filter((each) => each !== link)
    if (others.length > 0) this.#links.set(nodeId, others)
    else this.#links.delete(nodeId)
  }
}
