import type { NodeId } from '@astranet/interface'
import type { JoinOptions } from '../api/join-options.js'
import { Join, type JoinParts } from './join.js'
import { isSameTarget, type JoinPlan } from './join-plan.js'

/** What a node's joins need of it. */
export type JoinsParts = Omit<JoinParts, 'joined' | 'onStopped'>

/** The joins of a node that are not stopped. */
export class Joins {
  readonly #parts: JoinParts
  readonly #joins = new Set<Join>()

  constructor(parts: JoinsParts) {
    this.#parts = {
      ...parts,
      joined: (plan) => this.#joined(plan),
      onStopped: (join) => void this.#joins.delete(join),
    }
  }

  /** Joins one of the targets and keeps it joined; resolves with the node's id once its services are known. */
  async start(plan: JoinPlan, options: JoinOptions): Promise<NodeId> {
    const join = new Join(this.#parts, plan, options)
    this.#joins.add(join)
    return await join.start()
  }

  /** Stops all, each with its own reason. */
  stop(reasonFor: (plan: JoinPlan) => unknown): void {
    for (const join of [...this.#joins]) join.stop(reasonFor(join.plan))
  }

  #joined({ targets, credentials }: JoinPlan): NodeId | undefined {
    const expected = credentials?.expectedNodeId
    for (const { reached, nodeId } of this.#joins) {
      if (nodeId === undefined || (expected !== undefined && nodeId !== expected)) continue
      if (reached === undefined || !targets.some((target) => isSameTarget(target, reached))) continue
      if (this.#parts.preferred.linkTo(nodeId)?.isDialable === true) return nodeId
    }
    return undefined
  }
}
