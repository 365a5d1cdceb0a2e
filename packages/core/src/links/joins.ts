import type { NodeId } from '@astranet/interface'
import type { JoinOptions } from '../api/join-options.js'
import { Join, type JoinParts, type JoinTarget } from './join.js'

/** What a node's joins need of it. */
export type JoinsParts = Omit<JoinParts, 'joined' | 'onStopped'>

/** The joins of a node that are not stopped. */
export class Joins {
  readonly #parts: JoinParts
  readonly #joins = new Set<Join>()

  constructor(parts: JoinsParts) {
    this.#parts = {
      ...parts,
      joined: (target) => this.#joined(target),
      onStopped: (join) => void this.#joins.delete(join),
    }
  }

  /** Joins the target and keeps it joined; resolves with the node's id once its services are known. */
  async start(target: JoinTarget, options: JoinOptions): Promise<NodeId> {
    const join = new Join(this.#parts, target, options)
    this.#joins.add(join)
    return await join.start()
  }

  /** Stops all, each with its own reason. */
  stop(reasonFor: (target: JoinTarget) => unknown): void {
    for (const join of [...this.#joins]) join.stop(reasonFor(join.target))
  }

  #joined({ network, address }: JoinTarget): NodeId | undefined {
    for (const { target, nodeId } of this.#joins) {
      if (target.network !== network || target.address !== address || nodeId === undefined) continue
      if (this.#parts.preferred.linkTo(nodeId)?.isDialable === true) return nodeId
    }
    return undefined
  }
}
