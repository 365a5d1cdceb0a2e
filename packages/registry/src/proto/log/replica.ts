import { AstraError, formatNodeId, type NodeId } from '@astranet/interface'
import type { Entry } from '../model/entry.js'
import type { CatalogueLimits } from '../model/limits.js'
import type { Delta } from '../sync/messages.js'
import { heldBytes, OWNER_BYTES } from '../model/held-bytes.js'
import { isSameRecord, keyText, recordBytes, type CatalogueRecord, type Version } from '../model/record.js'

/** What a delta did to a record: `before` is undefined when it is new, `now` when it is gone. Never both. */
export interface RecordChange {
  readonly before: CatalogueRecord | undefined
  readonly now: CatalogueRecord | undefined
}

/**
 * What became of a delta.
 * - `applied`: its changes count now. `isCurrent`: it was the last part, nothing is missing.
 * - `staged`: part of a snapshot that is not complete; nothing changed yet.
 * - `stale`: of an older version than what is held; passed over.
 * - `gap`: something before it is missing; passed over, to be repaired by a digest.
 * - `refused`: it is more than an owner may have (`ASTRA_ERR_REGISTRY_LIMIT`); what it changed counts all the same.
 */
export type DeltaResult =
  | { readonly kind: 'applied'; readonly isCurrent: boolean; readonly changes: readonly RecordChange[] }
  | { readonly kind: 'staged' | 'stale' | 'gap' }
  | { readonly kind: 'refused'; readonly error: AstraError; readonly changes: readonly RecordChange[] }

/** The records of one incarnation, as far as they are known. */
interface Holding {
  incarnation: number
  sequence: number
  /** As they are encoded: what the owner counts too. */
  bytes: number
  /** As they are held. */
  heldBytes: number
  readonly records: Map<string, CatalogueRecord>
}

/**
 * What this node has heard of another owner. A snapshot is gathered apart and replaces everything at once when its last
 * part is there, so that no record seems gone in between and none of an earlier incarnation survives.
 *
 * States: empty -> confirmed (the owner said it in the exchange that goes on) <-> doubted (it is from an earlier one:
 * somebody else may have used the owner's id, or its clock was ahead). What is doubted makes nothing stale.
 */
export class Replica {
  readonly owner: NodeId
  readonly #limits: CatalogueLimits
  #held: Holding | undefined
  #staged: Holding | undefined
  #isDoubted = false

  constructor(owner: NodeId, limits: CatalogueLimits) {
    this.owner = owner
    this.#limits = limits
  }

  /** The version up to which everything is known. `undefined` when nothing is. */
  get version(): Version | undefined {
    const held = this.#held
    return held && { incarnation: held.incarnation, sequence: held.sequence }
  }

  /** Whether the owner itself said what is held, in the exchange that goes on. */
  get isConfirmed(): boolean {
    return this.#held !== undefined && !this.#isDoubted
  }

  /** What it takes of the heap, with what was gathered of a snapshot. */
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

  /** Drops what was gathered of a snapshot: the conversation that carried it is over. */
  dropStaged(): void {
    this.#staged = undefined
  }

  /** A new exchange begins, maybe with another life of the owner. */
  doubt(): void {
    this.#isDoubted = true
  }

  /** Applies what the owner sent. */
  apply(delta: Delta): DeltaResult {
    const held = this.#held
    const isStale = held !== undefined && delta.incarnation < held.incarnation
    if (isStale && !this.#isDoubted) return { kind: 'stale' }
    if (delta.since === 0) {
      const { incarnation } = delta
      this.#staged = { incarnation, sequence: 0, bytes: 0, heldBytes: 0, records: new Map() }
    }
    const staged = this.#staged
    if (staged !== undefined && staged.sequence === delta.since && isContinuing(staged, delta)) {
      return this.#applyToSnapshot(staged, delta)
    }
    if (held === undefined || delta.since > held.sequence || !isContinuing(held, delta))
      return { kind: 'gap' }
    const changes: RecordChange[] = []
    const error = this.#write(held, delta, changes)
    if (error !== undefined) return { kind: 'refused', error, changes }
    this.#isDoubted = false
    return { kind: 'applied', isCurrent: !delta.hasMore, changes }
  }

  #applyToSnapshot(staged: Holding, delta: Delta): DeltaResult {
    const error = this.#write(staged, delta, undefined)
    if (error !== undefined) return { kind: 'refused', error, changes: [] }
    if (delta.hasMore) return { kind: 'staged' }
    this.#staged = undefined
    const held = this.#held
    const isOlder = held?.incarnation === staged.incarnation && held.sequence > staged.sequence
    if (isOlder && !this.#isDoubted) return { kind: 'stale' }
    this.#held = staged
    this.#isDoubted = false
    return { kind: 'applied', isCurrent: true, changes: differences(held?.records, staged.records) }
  }

  #write(target: Holding, delta: Delta, changes: RecordChange[] | undefined): AstraError | undefined {
    for (const entry of delta.entries) {
      // What is known already may come again, after a digest that crossed it.
      if (entry.sequence <= target.sequence) continue
      const change = replace(target, entry)
      if (changes !== undefined && (change.before !== undefined || change.now !== undefined))
        changes.push(change)
    }
    target.incarnation = delta.incarnation
    target.sequence = Math.max(target.sequence, delta.until)
    return this.#refusal(target, delta.hasMore)
  }

  /**
   * What comes is in the order of its writing, and what went before may be left out: so until the last part is there, an
   * owner that keeps the limits can seem to have what it had and what it has.
   */
  #refusal({ records, bytes }: Holding, hasMore: boolean): AstraError | undefined {
    const { maxEntriesPerOwner, maxBytesPerOwner } = this.#limits
    const times = hasMore ? 2 : 1
    if (records.size > times * maxEntriesPerOwner) return this.#refuse(`${maxEntriesPerOwner} entries`)
    if (bytes > times * maxBytesPerOwner) return this.#refuse(`${maxBytesPerOwner} bytes of entries`)
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

function replace(target: Holding, entry: Entry): RecordChange {
  const text = keyText(entry.key)
  const before = target.records.get(text)
  const now = entry.record
  if (before !== undefined) {
    target.bytes -= recordBytes(before)
    target.heldBytes -= heldBytes(before)
  }
  if (now === undefined) {
    target.records.delete(text)
  } else {
    target.bytes += recordBytes(now)
    target.heldBytes += heldBytes(now)
    target.records.set(text, now)
  }
  return { before, now }
}

function differences(
  old: ReadonlyMap<string, CatalogueRecord> | undefined,
  fresh: ReadonlyMap<string, CatalogueRecord>,
): RecordChange[] {
  const changes: RecordChange[] = []
  for (const [text, before] of old ?? []) {
    if (!fresh.has(text)) changes.push({ before, now: undefined })
  }
  for (const [text, now] of fresh) {
    const before = old?.get(text)
    if (before === undefined || !isSameRecord(before, now)) changes.push({ before, now })
  }
  return changes
}
