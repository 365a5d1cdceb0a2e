import type { NodeId } from '@astranet/interface'
import type { Catalogue } from '@astranet/registry'

/** That a node can be reached, or cannot any more. */
export interface ReachChange {
  readonly nodeId: NodeId
  readonly isReachable: boolean
}

/** What {@link ReachReports} reads. */
export type ReachSource = Pick<Catalogue, 'reachable' | 'isReachable' | 'watchReachable'>

/** Which nodes have become reachable or unreachable since the last `take`; the first one gives all reachable nodes. */
export class ReachReports {
  readonly #source: ReachSource
  /** The nodes that were reachable at the last `take`. */
  readonly #reported = new Set<NodeId>()
  /** Nodes that may have changed since. */
  readonly #touched: Set<NodeId>
  /** Ends it. Idempotent. */
  readonly close: () => void

  constructor(source: ReachSource) {
    this.#source = source
    this.#touched = new Set(source.reachable())
    this.close = source.watchReachable((nodeId) => void this.#touched.add(nodeId))
  }

  /** The changes since the last call: first the nodes that have gone. */
  take(): ReachChange[] {
    const gone: ReachChange[] = []
    const come: ReachChange[] = []
    for (const nodeId of this.#touched) {
      const isReachable = this.#source.isReachable(nodeId)
      if (isReachable === this.#reported.has(nodeId)) continue
      if (isReachable) {
        this.#reported.add(nodeId)
        come.push({ nodeId, isReachable })
      } else {
        this.#reported.delete(nodeId)
        gone.push({ nodeId, isReachable })
      }
    }
    this.#touched.clear()
    return [...gone, ...come]
  }
}
