import { AstraError, formatNodeId, type NodeId } from '@astranet/interface'
import { OWNER_BYTES } from '../model/held-bytes.js'
import type { CatalogueLimits } from '../model/limits.js'
import type { CatalogueRecord } from '../model/record.js'
import type { Version } from '../model/version.js'
import type { Delta } from './delta.js'
import { differences, emptyHolding, writeEntry, type Holding, type RecordChange } from './holding.js'

/**
 * The effect of a delta.
 * - `applied`: its changes are effective. `isCurrent`: it was the last part, nothing is missing.
 * - `staged`: it is part of a snapshot that is not complete; nothing has changed yet.
 * - `stale`: it is older than what is held; ignored.
 * - `gap`: something before it is missing; ignored, to be repaired by a digest.
 * - `refused`: the owner has more than it may (`ASTRA_ERR_REGISTRY_LIMIT`); the changes are effective all the same.
 */
export type DeltaResult =
  | { readonly kind: 'applied'; readonly isCurrent: boolean; readonly changes: readonly RecordChange[] }
  | { readonly kind: 'staged' | 'stale' | 'gap' }
  | { readonly kind: 'refused'; readonly error: AstraError; readonly changes: readonly RecordChange[] }

/**
 * What this node has received of another owner. A snapshot is staged apart and replaces everything at once when its
 * last part has arrived, so that no record is missing in between and none of an earlier incarnation survives.
 *
 * States: empty -> confirmed (the owner sent it in the present exchange) <-> unconfirmed (it is from an earlier
 * exchange: another node may have used the owner's id, or the owner's clock was ahead). Unconfirmed state makes no
 * delta stale.
 */
export class Replica {
  readonly owner: NodeId
  readonly #limits: CatalogueLimits
  #held: Holding | undefined
  #staged: Holding | undefined
  #isUnconfirmed = false

  constructor(owner: NodeId, limits: CatalogueLimits) {
    this.owner = owner
    this.#limits = limits
  }

  /** The version up to which everything is known. `undefined` when nothing is. */
  get version(): Version | undefined {
    const held = this.#held
    return held && { incarnation: held.incarnation, sequence: held.sequence }
  }

  /** Whether the owner sent what is held in the present exchange. */
  get isConfirmed(): boolean {
    return this.#held !== undefined && !this.#isUnconfirmed
  }

  /** Whether a snapshot arrives that will replace unconfirmed entries. */
  get isBeingReplaced(): boolean {
    return this.#held !== undefined && this.#isUnconfirmed && this.#staged !== undefined
  }

  /** The heap that it takes, with a staged snapshot. */
  get heldBytes(): number {
    return OWNER_BYTES + (this.#held?.heldBytes ?? 0) + (this.#staged?.heldBytes ?? 0)
  }

  /** The records held. */
  records(): IterableIterator<CatalogueRecord> {
    return (this.#held?.records ?? new Map<string, CatalogueRecord>()).values()
  }

  /** The record held under that key text. */
  record(text: string): CatalogueRecord | undefined {
    return this.#held?.records.get(text)
  }

  /** Drops a staged snapshot: the exchange that carried it has ended. */
  dropStaged(): void {
    this.#staged = undefined
  }

  /** Drops the entries that a staged snapshot is about to replace. */
  dropReplaced(): void {
    if (this.isBeingReplaced) this.#held = undefined
  }

  /** A new exchange begins, perhaps with another life of the owner. */
  markUnconfirmed(): void {
    this.#isUnconfirmed = true
  }

  /** Applies what the owner sent. */
  apply(delta: Delta): DeltaResult {
    const held = this.#held
    const isStale = held !== undefined && delta.incarnation < held.incarnation
    if (isStale && !this.#isUnconfirmed) return { kind: 'stale' }
    if (delta.since === 0) this.#staged = emptyHolding(delta.incarnation)
    const staged = this.#staged
    if (staged !== undefined && staged.sequence === delta.since && isContinuing(staged, delta)) {
      return this.#applyToSnapshot(staged, delta)
    }
    if (held === undefined || delta.since > held.sequence || !isContinuing(held, delta))
      return { kind: 'gap' }
    const changes: RecordChange[] = []
    const error = this.#write(held, delta, changes)
    if (error !== undefined) return { kind: 'refused', error, changes }
    this.#isUnconfirmed = false
    return { kind: 'applied', isCurrent: !delta.hasMore, changes }
  }

  #applyToSnapshot(staged: Holding, delta: Delta): DeltaResult {
    const error = this.#write(staged, delta, undefined)
    if (error !== undefined) return { kind: 'refused', error, changes: [] }
    if (delta.hasMore) return { kind: 'staged' }
    this.#staged = undefined
    const held = this.#held
    const isOlder = held?.incarnation === staged.incarnation && held.sequence > staged.sequence
    if (isOlder && !this.#isUnconfirmed) return { kind: 'stale' }
    this.#held = staged
    this.#isUnconfirmed = false
    return { kind: 'applied', isCurrent: true, changes: differences(held?.records, staged.records) }
  }

  #write(target: Holding, delta: Delta, changes: RecordChange[] | undefined): AstraError | undefined {
    for (const entry of delta.entries) {
      // Entries that are known already may arrive again, after a digest that crossed them.
      if (entry.sequence <= target.sequence) continue
      const change = writeEntry(target, entry)
      if (changes !== undefined && (change.before !== undefined || change.now !== undefined))
        changes.push(change)
    }
    target.incarnation = delta.incarnation
    target.sequence = Math.max(target.sequence, delta.until)
    return this.#refusal(target, delta.hasMore)
  }

  /**
   * Entries arrive in the order in which they were written, and superseded ones may be left out. So until the last part
   * has arrived, an owner within the limits can seem to have its former and its present entries together.
   */
  #refusal({ records, bytes }: Holding, hasMore: boolean): AstraError | undefined {
    const { maxEntriesPerOwner, maxBytesPerOwner } = this.#limits
    const factor = hasMore ? 2 : 1
    if (records.size > factor * maxEntriesPerOwner) return this.#refuse(`${maxEntriesPerOwner} entries`)
    if (bytes > factor * maxBytesPerOwner) return this.#refuse(`${maxBytesPerOwner} bytes of entries`)
    return undefined
  }

  #refuse(limit: string): AstraError {
    const message = `node ${formatNodeId(this.owner)} publishes more than the ${limit} that are allowed`
    return new AstraError('ASTRA_ERR_REGISTRY_LIMIT', message)
  }
}

/** Whether the delta's `since` is a sequence of what `target` holds. */
function isContinuing(target: Holding, delta: Delta): boolean {
  return target.incarnation === delta.incarnation || target.incarnation === delta.continues
}
