import { AstraError, formatNodeId, type NodeId } from '@astranet/interface'
import type { Entry } from './entry.js'
import type { CatalogueLimits } from './limits.js'
import type { Delta } from './messages.js'
import { isSameRecord, keyText, recordBytes, type CatalogueRecord, type Version } from './record.js'

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
 */
export type DeltaResult =
  | { readonly kind: 'applied'; readonly isCurrent: boolean; readonly changes: readonly RecordChange[] }
  | { readonly kind: 'staged' | 'stale' | 'gap' }

/** The records of one incarnation, as far as they are known. */
interface Holding {
  readonly incarnation: number
  sequence: number
  bytes: number
  readonly records: Map<string, CatalogueRecord>
}

/**
 * What this node has heard of another owner. A snapshot is gathered apart and replaces everything at once when its last
 * part is there, so that no record seems gone in between and none of an earlier incarnation survives.
 */
export class Replica {
  readonly owner: NodeId
  readonly #limits: CatalogueLimits
  #held: Holding | undefined
  #staged: Holding | undefined

  constructor(owner: NodeId, limits: CatalogueLimits) {
    this.owner = owner
    this.#limits = limits
  }

  /** The version up to which everything is known. `undefined` when nothing is. */
  get version(): Version | undefined {
    const held = this.#held
    return held && { incarnation: held.incarnation, sequence: held.sequence }
  }

  /** What is held, counted as it is encoded, with what was gathered of a snapshot. */
  get bytes(): number {
    return (this.#held?.bytes ?? 0) + (this.#staged?.bytes ?? 0)
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

  /** Applies what the owner sent. An error (`ASTRA_ERR_REGISTRY_LIMIT`) when it is more than an owner may have. */
  apply(delta: Delta): DeltaResult | AstraError {
    if (this.#held !== undefined && delta.incarnation < this.#held.incarnation) return { kind: 'stale' }
    if (delta.since === 0) {
      this.#staged = { incarnation: delta.incarnation, sequence: 0, bytes: 0, records: new Map() }
    }
    const staged = this.#staged
    if (staged?.incarnation === delta.incarnation && staged.sequence === delta.since) {
      return this.#applyToSnapshot(staged, delta)
    }
    const held = this.#held
    if (held?.incarnation !== delta.incarnation || delta.since > held.sequence) return { kind: 'gap' }
    const changes: RecordChange[] = []
    return this.#write(held, delta, changes) ?? { kind: 'applied', isCurrent: !delta.hasMore, changes }
  }

  #applyToSnapshot(staged: Holding, delta: Delta): DeltaResult | AstraError {
    const error = this.#write(staged, delta, undefined)
    if (error !== undefined) return error
    if (delta.hasMore) return { kind: 'staged' }
    this.#staged = undefined
    const held = this.#held
    const isOlder = held?.incarnation === staged.incarnation && held.sequence > staged.sequence
    if (isOlder) return { kind: 'stale' }
    this.#held = staged
    return { kind: 'applied', isCurrent: true, changes: differences(held?.records, staged.records) }
  }

  #write(target: Holding, delta: Delta, changes: RecordChange[] | undefined): AstraError | undefined {
    for (const entry of delta.entries) {
      // What is known already may come again, after a digest that crossed it.
      if (entry.sequence <= target.sequence) continue
      const change = replace(target, entry)
      if (changes !== undefined && (change.before !== undefined || change.now !== undefined))
        changes.push(change)
      const { maxEntriesPerOwner, maxBytesPerOwner } = this.#limits
      if (target.records.size > maxEntriesPerOwner) return this.#refuse(`${maxEntriesPerOwner} entries`)
      if (target.bytes > maxBytesPerOwner) return this.#refuse(`${maxBytesPerOwner} bytes of entries`)
    }
    target.sequence = Math.max(target.sequence, delta.until)
    return undefined
  }

  #refuse(limit: string): AstraError {
    const message = `node ${formatNodeId(this.owner)} publishes more than the ${limit} that are allowed`
    return new AstraError('ASTRA_ERR_REGISTRY_LIMIT', message)
  }
}

function replace(target: Holding, entry: Entry): RecordChange {
  const text = keyText(entry.key)
  const before = target.records.get(text)
  const now = entry.record
  if (before !== undefined) target.bytes -= recordBytes(before)
  if (now === undefined) {
    target.records.delete(text)
  } else {
    target.bytes += recordBytes(now)
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
