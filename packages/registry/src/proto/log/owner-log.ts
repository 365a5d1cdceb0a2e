import type { Entry } from '../model/entry.js'
import { MAX_MESSAGE_BYTES, type CatalogueLimits } from '../model/limits.js'
import { isSameRecord, keyText, recordBytes, type CatalogueRecord, type RecordKey } from '../model/record.js'
import type { Version } from '../model/version.js'

/** One part of what a log holds after a sequence. */
export interface LogPart {
  readonly entries: readonly Entry[]
  readonly until: number
  readonly hasMore: boolean
  /** The most bytes that the entries take in a message. */
  readonly bytes: number
}

interface LogEntry extends Entry {
  readonly bytes: number
  /** Whether it is obsolete: a newer entry has its key, or it is a tombstone that was compacted. */
  isSuperseded: boolean
}

/** Bytes of a message that are not entries, an upper bound: type, owner, counts and list headers. */
const MESSAGE_OVERHEAD_BYTES = 64

/**
 * What this node publishes, in the order in which it was written. Own entries are written here only.
 *
 * Each change is appended with the next sequence; the entry that it replaces is skipped from then on. A withdrawn entry
 * leaves a tombstone. Old tombstones are compacted: they are forgotten up to a watermark, and a node that holds less
 * than that needs a snapshot, because it would not learn what was withdrawn.
 */
export class OwnerLog {
  readonly #limits: CatalogueLimits
  readonly #live = new Map<string, LogEntry>()
  /** Tombstones that were not compacted, oldest first. */
  readonly #tombstones = new Map<string, LogEntry>()
  /** By sequence. */
  #entries: LogEntry[] = []
  #superseded = 0
  #bytes = 0
  #incarnation: number
  #sequence = 0
  #compactedTo = 0

  constructor(incarnation: number, limits: CatalogueLimits) {
    this.#incarnation = incarnation
    this.#limits = limits
  }

  /** The version of the newest change. */
  get version(): Version {
    return { incarnation: this.#incarnation, sequence: this.#sequence }
  }

  /** The watermark: tombstones of this sequence and below may be missing. 0 when none is. */
  get compactedTo(): number {
    return this.#compactedTo
  }

  /** The most bytes that the live entries take in messages. */
  get bytes(): number {
    return this.#bytes
  }

  /** The live record of that key. */
  record(key: RecordKey): CatalogueRecord | undefined {
    return this.#live.get(keyText(key))?.record
  }

  /** The live records, in the order of their last change. */
  records(): CatalogueRecord[] {
    const records: CatalogueRecord[] = []
    for (const { record } of this.#live.values()) if (record !== undefined) records.push(record)
    return records
  }

  /** Why there is no room for `record`, or `undefined` when there is. */
  refusal(record: CatalogueRecord): string | undefined {
    const old = this.#live.get(keyText(record))
    const { maxEntriesPerOwner, maxBytesPerOwner } = this.#limits
    if (old === undefined && this.#live.size >= maxEntriesPerOwner) {
      return `a node publishes at most ${maxEntriesPerOwner} entries (maxEntriesPerOwner)`
    }
    const isTooLarge = this.#bytes - (old?.bytes ?? 0) + recordBytes(record) > maxBytesPerOwner
    return isTooLarge
      ? `a node publishes at most ${maxBytesPerOwner} bytes of entries (maxBytesPerOwner)`
      : undefined
  }

  /** Writes `record`. Returns whether that changed anything. Throws a `RangeError` when there is no room for it. */
  put(record: CatalogueRecord): boolean {
    const text = keyText(record)
    const old = this.#live.get(text)
    if (old?.record !== undefined && isSameRecord(old.record, record)) return false
    const refusal = this.refusal(record)
    if (refusal !== undefined) throw new RangeError(refusal)
    this.#remove(text)
    const entry = this.#append(record, record)
    this.#live.set(text, entry)
    this.#bytes += entry.bytes
    return true
  }

  /** Withdraws the entry of that key. Returns whether there was one. */
  withdraw(key: RecordKey): boolean {
    const text = keyText(key)
    if (!this.#live.has(text)) return false
    this.#remove(text)
    this.#tombstones.set(text, this.#append(key, undefined))
    if (this.#tombstones.size > Math.max(this.#limits.maxTombstones, this.#live.size)) this.#compact()
    return true
  }

  /** Continues in a later incarnation: what was written keeps its sequences. */
  adoptIncarnation(incarnation: number): void {
    this.#incarnation = incarnation
  }

  /** The next part of what was written after `sequence`: as much as fits in one message. */
  partAfter(sequence: number): LogPart {
    const entries: Entry[] = []
    let bytes = 0
    for (let index = this.#indexAfter(sequence); index < this.#entries.length; index++) {
      const entry = this.#entries[index]
      if (entry === undefined || entry.isSuperseded) continue
      const isFull = bytes + entry.bytes > MAX_MESSAGE_BYTES - MESSAGE_OVERHEAD_BYTES
      if (entries.length === this.#limits.maxEntriesPerMessage || isFull) {
        return { entries, until: entries.at(-1)?.sequence ?? sequence, hasMore: true, bytes }
      }
      bytes += entry.bytes
      entries.push(entry)
    }
    return { entries, until: this.#sequence, hasMore: false, bytes }
  }

  #append(key: RecordKey, record: CatalogueRecord | undefined): LogEntry {
    this.#sequence++
    const bytes = recordBytes(record ?? key)
    const entry = { sequence: this.#sequence, key, record, bytes, isSuperseded: false }
    this.#entries.push(entry)
    return entry
  }

  #remove(text: string): void {
    const live = this.#live.get(text)
    if (live !== undefined) {
      this.#bytes -= live.bytes
      this.#live.delete(text)
      this.#supersede(live)
    }
    const tombstone = this.#tombstones.get(text)
    if (tombstone !== undefined) {
      this.#tombstones.delete(text)
      this.#supersede(tombstone)
    }
  }

  #compact(): void {
    let excess = Math.ceil(this.#tombstones.size / 2)
    for (const [text, tombstone] of this.#tombstones) {
      if (excess-- === 0) break
      this.#tombstones.delete(text)
      this.#compactedTo = tombstone.sequence
      this.#supersede(tombstone)
    }
  }

  #supersede(entry: LogEntry): void {
    entry.isSuperseded = true
    this.#superseded++
    // At half: the array stays within twice what is valid, at a constant cost per change.
    if (this.#superseded * 2 <= this.#entries.length || this.#superseded < 64) return
    this.#entries = this.#entries.filter((kept) => !kept.isSuperseded)
    this.#superseded = 0
  }

  /** The index of the first entry whose sequence is above `sequence`. */
  #indexAfter(sequence: number): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle]?.sequence ?? Infinity) > sequence) high = middle
      else low = middle + 1
    }
    return low
  }
}
