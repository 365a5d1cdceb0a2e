import type { NodeId } from '@astranet/interface'

/** How many nodes that the program has left are remembered. */
export const MAX_LEFT_NODES = 1_024

/** The nodes that the program has left, the latest ones: they are not linked again by themselves. */
export class LeftNodes {
  readonly #nodes = new Set<NodeId>()

  has(nodeId: NodeId): boolean {
    return this.#nodes.has(nodeId)
  }

  /** The program has left the node. The one that was left longest ago is forgotten for it if there are too many. */
  add(nodeId: NodeId): void {
    this.#nodes.delete(nodeId)
    this.#nodes.add(nodeId)
    const [oldest] = this.#nodes
    if (this.#nodes.size > MAX_LEFT_NODES && oldest !== undefined) this.#nodes.delete(oldest)
  }

  /** There is a link to the node again. */
  delete(nodeId: NodeId): void {
    this.#nodes.delete(nodeId)
  }
}
