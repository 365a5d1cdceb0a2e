import type { NodeId } from '@astranet/interface'
import type { Reporter } from '../node/reporter.js'
import { textOfTarget, type JoinPlan, type JoinTarget } from './join-plan.js'

/** A node was joined, for the first time or again: `{ nodeId, address, addresses, failures }`. */
const JOIN_JOINED = 'astranet:join:joined'

/** The last link to a node that was joined is lost: `{ nodeId, addresses, retryInMs }`. */
const JOIN_LOST = 'astranet:join:lost'

/** An attempt failed, and the next one follows: `{ nodeId, error, addresses, failures, retryInMs }`. */
const JOIN_FAILED = 'astranet:join:failed'

/** What happened to joins, for observers of the program. A ticket shows its addresses only. */
export class JoinReports {
  readonly #reporter: Pick<Reporter, 'publish'>

  constructor(reporter: Pick<Reporter, 'publish'>) {
    this.#reporter = reporter
  }

  /** There is a link; `target` is `undefined` when this node did not make it. */
  joined(
    plan: JoinPlan,
    event: { readonly nodeId: NodeId; readonly target: JoinTarget | undefined; readonly failures: number },
  ): void {
    const { nodeId, target, failures } = event
    const address = target === undefined ? undefined : textOfTarget(target)
    this.#reporter.publish(JOIN_JOINED, { nodeId, address, addresses: addressesOf(plan), failures })
  }

  /** There is no link any more. */
  lost(plan: JoinPlan, event: { readonly nodeId: NodeId; readonly retryInMs: number }): void {
    const { nodeId, retryInMs } = event
    this.#reporter.publish(JOIN_LOST, { nodeId, addresses: addressesOf(plan), retryInMs })
  }

  /** No address led to a node that lets this one in. */
  failed(
    plan: JoinPlan,
    event: {
      /** `undefined`: it was never joined. */
      readonly nodeId: NodeId | undefined
      readonly error: unknown
      readonly failures: number
      readonly retryInMs: number
    },
  ): void {
    const { nodeId, error, failures, retryInMs } = event
    const addresses = addressesOf(plan)
    this.#reporter.publish(JOIN_FAILED, { nodeId, error, addresses, failures, retryInMs })
  }
}

function addressesOf({ targets }: JoinPlan): readonly string[] {
  return targets.map(textOfTarget)
}
