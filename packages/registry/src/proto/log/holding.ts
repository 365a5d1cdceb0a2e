import type { Entry } from '../model/entry.js'
import { heldBytes } from '../model/held-bytes.js'
import { isSameRecord, keyText, recordBytes, type CatalogueRecord } from '../model/record.js'

/** The records of one owner in one incarnation, as far as they are known. */
export interface Holding {
  incarnation: number
  sequence: number
  /** As they are encoded: what the owner counts too. */
  bytes: number
  /** As they are held in memory. */
  heldBytes: number
  readonly records: Map<string, CatalogueRecord>
}

/** How a delta changed a record: `before` is undefined when it is new, `now` when it is gone. Never both. */
export interface RecordChange {
  readonly before: CatalogueRecord | undefined
  readonly now: CatalogueRecord | undefined
}

/** Nothing of an incarnation: a snapshot begins. */
export function emptyHolding(incarnation: number): Holding {
  return { incarnation, sequence: 0, bytes: 0, heldBytes: 0, records: new Map() }
}

/** Writes one entry over what its key had. Both sides of the result may be undefined. */
export function writeEntry(target: Holding, entry: Entry): RecordChange {
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

/** The changes that lead from one set of records to another; `undefined` counts as empty. */
export function differences(
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
