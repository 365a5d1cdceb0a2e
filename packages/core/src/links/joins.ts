import { toError, type NodeId } from '@astranet/interface'
import { checkJoinOptions, type JoinOptions } from '../api/join-options.js'
import type { Joined } from './join-attempt.js'
import { Join, type JoinParts } from './join.js'
import type { JoinInspection } from './join-inspection.js'
import { isSameTarget, textOfTarget, type JoinPlan } from './join-plan.js'
import type { StandIns } from './stand-ins.js'

/** What a node's joins need of it. */
export interface JoinsParts extends Omit<
  JoinParts,
  'joined' | 'onJoined' | 'onFailed' | 'onStopped' | 'onRetryFailed'
> {
  /** What links the node with the network while its joins fail. */
  readonly standIns: Pick<StandIns, 'want'>
}

/** The joins of a node that are not stopped. */
export class Joins {
  readonly #parts: JoinParts
  readonly #joins = new Set<Join>()
  #lastFailure: string | undefined = undefined

  constructor({ standIns, ...parts }: JoinsParts) {
    this.#parts = {
      ...parts,
      joined: (plan) => this.#joined(plan),
      onJoined: () => (this.#lastFailure = undefined),
      onFailed: (plan, error) => (this.#lastFailure = failureText(plan, error)),
      onRetryFailed: ({ credentials }) => standIns.want(credentials),
      onStopped: (join) => void this.#joins.delete(join),
    }
  }

  /** The attempt that failed last, and why, since a join has succeeded. */
  get lastFailure(): string | undefined {
    return this.#lastFailure
  }

  /**
   * Joins one of the targets and keeps it joined; resolves with the node's id once its services are known. Calls with
   * the same plan share one join. Rejects with a TypeError or RangeError that names the option that is wrong.
   */
  async start(plan: JoinPlan, options: JoinOptions): Promise<NodeId> {
    const checked = checkJoinOptions(options)
    const { signal, timeoutMs } = checked
    signal?.throwIfAborted()
    const join = this.#shared(plan, timeoutMs) ?? new Join(this.#parts, plan, timeoutMs)
    this.#joins.add(join)
    return await join.hold(checked)
  }

  /** Stops all, each with its own reason. */
  stop(reasonFor: (plan: JoinPlan) => unknown): void {
    for (const join of [...this.#joins]) join.stop(reasonFor(join.plan))
  }

  /** Stops those that have led to the node. */
  leave(nodeId: NodeId, reason: unknown): void {
    for (const join of [...this.#joins]) if (join.nodeId === nodeId) join.stop(reason)
  }

  /** Whether one of them has led to the node. */
  hasJoined(nodeId: NodeId): boolean {
    for (const join of this.#joins) if (join.nodeId === nodeId) return true
    return false
  }

  /** The catalogue has changed: neighbours may say that they can be joined elsewhere. */
  learn(): void {
    for (const join of this.#joins) join.learn()
  }

  /** Each of them, as plain data. */
  inspect(): JoinInspection[] {
    return Array.from(this.#joins, (join) => join.inspect())
  }

  #shared(plan: JoinPlan, timeoutMs: number): Join | undefined {
    for (const join of this.#joins) if (join.canShare(plan, timeoutMs)) return join
    return undefined
  }

  #joined({ targets, credentials }: JoinPlan): Joined | undefined {
    const expected = credentials?.expectedNodeId
    for (const { reached, nodeId } of this.#joins) {
      if (nodeId === undefined || (expected !== undefined && nodeId !== expected)) continue
      if (reached === undefined || !targets.some((target) => isSameTarget(target, reached))) continue
      if (this.#parts.preferred.linkTo(nodeId)?.isDialable === true) return { nodeId, target: reached }
    }
    return undefined
  }
}

function failureText({ targets }: JoinPlan, error: unknown): string {
  const [only] = targets
  const what = targets.length === 1 && only !== undefined ? `join ${textOfTarget(only)}` : 'join'
  return `${what}: ${toError(error).message}`
}
