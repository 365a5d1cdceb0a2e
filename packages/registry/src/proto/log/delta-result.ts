import { AstraError, formatNodeId } from '@astranet/interface'
import type { CatalogueRecord } from '../model/record.js'
import type { LogId } from './log-id.js'

/** How a delta changed a record: `before` is undefined when it is new, `now` when it is gone. Never both. */
export interface RecordChange {
  readonly before: CatalogueRecord | undefined
  readonly now: CatalogueRecord | undefined
}

/**
 * The effect of a delta.
 * - `applied`: the replica holds the delta's state now. `isReplaced`: by a snapshot, so what was held before need not lead
 *   to it by changes.
 * - `staged`: it is a part of something that is not complete; nothing has changed yet.
 * - `stale`, `duplicate`: its state is older than the one held, or the same; ignored, nothing was checked.
 * - `gap`: it does not follow what is held; ignored. `isMismatch`: the entries do not make the state, so only a snapshot
 *   is of use. `isSuspect`: they were for exactly what is held; a speaker that did not make a mistake cannot cause that
 *   often. Otherwise the owner may have written two histories.
 * - `forged`: the speaker sent what the owner did not sign, or what is no list of entries; nothing has changed.
 * - `tooLarge`: the owner did sign it, but it is above the limits; nothing has changed.
 */
export type DeltaResult =
  | { readonly kind: 'applied'; readonly changes: readonly RecordChange[]; readonly isReplaced: boolean }
  | { readonly kind: 'staged' | 'stale' | 'duplicate' }
  | { readonly kind: 'gap'; readonly isMismatch: boolean; readonly isSuspect: boolean }
  | { readonly kind: 'forged' | 'tooLarge'; readonly error: AstraError }

/** It does not follow what is held. */
export const GAP: DeltaResult = Object.freeze({ kind: 'gap', isMismatch: false, isSuspect: false })

/** It follows something older than what is held, and does not make the state. */
export const MISMATCH_GAP: DeltaResult = Object.freeze({ kind: 'gap', isMismatch: true, isSuspect: false })

/** It follows exactly what is held, but does not make the state. */
export const SUSPECT_GAP: DeltaResult = Object.freeze({ kind: 'gap', isMismatch: true, isSuspect: true })

/** The owner did not sign what was sent as its log; `why` says what shows it. */
export function forged(id: LogId, why: string): DeltaResult {
  const text = `what was sent as the ${id.kind} log of node ${formatNodeId(id.owner)} is not its own: ${why}`
  return { kind: 'forged', error: new AstraError('ASTRA_ERR_REGISTRY_FORGED', text) }
}

/** What was sent is no list of entries; `why` says what is wrong with it. */
export function malformed(id: LogId, why: string): DeltaResult {
  const text = `entries of node ${formatNodeId(id.owner)} are malformed: ${why}`
  return { kind: 'forged', error: new AstraError('ASTRA_ERR_REGISTRY_MESSAGE', text) }
}

/** The log is above `limit`, for example `1,024 entries`. */
export function tooLarge(id: LogId, limit: string): DeltaResult {
  const text = `the ${id.kind} log of node ${formatNodeId(id.owner)} has more than the ${limit} that are allowed`
  return { kind: 'tooLarge', error: new AstraError('ASTRA_ERR_REGISTRY_LIMIT', text) }
}
