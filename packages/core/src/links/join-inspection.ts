import type { NodeId } from '@astranet/interface'
import { textOfTarget, type JoinPlan, type JoinTarget } from './join-plan.js'

/**
 * Where a join is: an attempt is made (`'connecting'`), there is a link (`'joined'`), the next attempt waits
 * (`'waiting'`), or there will be none (`'stopped'`).
 */
export type JoinState = 'connecting' | 'joined' | 'waiting' | 'stopped'

/** One join of a node, as plain data. */
export interface JoinInspection {
  /** What was asked for, as `network://address`; those of a ticket, without anything else of it. */
  readonly addresses: readonly string[]
  /** Where the node that was joined says it can be reached: tried when the addresses lead nowhere. */
  readonly told: readonly string[]
  readonly state: 'connecting' | 'joined' | 'waiting' | 'stopped'
  /** The node there, when it was last joined; `undefined` before. */
  readonly nodeId: NodeId | undefined
  /** Attempts that have failed since there was a link. */
  readonly failures: number
  /** Why the last one failed; `undefined` when none has. */
  readonly lastError: { readonly code: string; readonly message: string } | undefined
  /** The time until the next attempt, in ms; `undefined` when none waits. */
  readonly retryInMs: number | undefined
}

/** @internal What is known of a join. */
export interface JoinFacts extends Pick<JoinInspection, 'state' | 'nodeId' | 'failures' | 'retryInMs'> {
  readonly plan: JoinPlan
  readonly told: readonly JoinTarget[]
  readonly lastError: unknown
}

/** @internal A join as plain data. */
export function inspectJoin({ plan, told, lastError, ...facts }: JoinFacts): JoinInspection {
  return {
    ...facts,
    addresses: plan.targets.map(textOfTarget),
    told: told.map(textOfTarget),
    lastError: lastError === undefined ? undefined : plainError(lastError),
  }
}

function plainError(error: unknown): { readonly code: string; readonly message: string } {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  return {
    code: typeof code === 'string' ? code : '',
    message: typeof message === 'string' ? message : String(error),
  }
}
