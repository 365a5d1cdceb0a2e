import type { AstraError } from '@astranet/interface'
import type { CatalogueRecord } from '../model/record.js'

/** How a delta changed a record: `before` is undefined when it is new, `now` when it is gone. Never both. */
export interface RecordChange {
  readonly before: CatalogueRecord | undefined
  readonly now: CatalogueRecord | undefined
}

/**
 * The effect of a delta.
 * - `applied`: the replica holds the delta's state now.
 * - `staged`: it is a part of something that is not complete; nothing has changed yet.
 * - `stale`, `duplicate`: its state is older than the one held, or the same; ignored, nothing was checked.
 * - `gap`: it does not follow what is held; ignored. To be repaired by asking for a snapshot. `isSuspect`: the entries
 *   do not make the state; a speaker that did not make a mistake cannot cause that often.
 * - `forged`: the speaker sent what the owner did not sign, or what is no list of entries; nothing has changed.
 * - `tooLarge`: the owner did sign it, but it is above the limits; nothing has changed.
 */
export type DeltaResult =
  | { readonly kind: 'applied'; readonly changes: readonly RecordChange[] }
  | { readonly kind: 'staged' | 'stale' | 'duplicate' }
  | { readonly kind: 'gap'; readonly isSuspect: boolean }
  | { readonly kind: 'forged' | 'tooLarge'; readonly error: AstraError }
