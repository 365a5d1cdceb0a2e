import { encodeEntry } from '../model/entry.js'
import { MIN_TOMBSTONES, TOMBSTONE_SHARE, type CatalogueLimits } from '../model/limits.js'
import { isSameRecord, keyText, type CatalogueRecord, type RecordKey } from '../model/record.js'
import { EntryBlocks, type BlockEntry } from './entry-blocks.js'

interface OwnEntry extends BlockEntry {
  readonly sequence: number
  /** `undefined`: a tombstone. */
  readonly record: CatalogueRecord | undefined
}

/**
 * The entries of an own log. Each change is written with the next sequence, and the entry that it replaces is dropped. A
 * withdrawn entry leaves a tombstone; the oldest tombstones are dropped up to a watermark.
 */
export class OwnEntries {
  readonly #limits: CatalogueLimits
  /** By key, in the order of their sequences. */
  readonly #entries = new Map<string, OwnEntry>()
  readonly #blocks = new EntryBlocks()
  #sequence = 0
  #watermark = 0
  #tombstones = 0
  /** Bytes of all entries, and of those that are live. */
  #bytes = 0
  #liveBytes = 0

  constructor(limits: CatalogueLimits) {
    this.#limits = limits
  }

  /** The sequence of the newest change. */
  get sequence(): number {
    return this.#sequence
  }

  /** Tombstones of this sequence and below have been dropped. */
  get watermark(): number {
    return this.#watermark
  }

  /** How many entries there are, with tombstones. */
  get count(): number {
    return this.#entries.size
  }

  /** The stored bytes of all entries, in the order of their sequences, in pieces. */
  stored(): Uint8Array[] {
    return this.#blocks.pieces()
  }

  /** The live record of that key. */
  record(key: RecordKey): CatalogueRecord | undefined {
    return this.#entries.get(keyText(key))?.record
  }

  /** The live records, in the order of their last change. */
  records(): CatalogueRecord[] {
    const records: CatalogueRecord[] = []
    for (const { record } of this.#entries.values()) if (record !== undefined) records.push(record)
    return records
  }

  /** Why there is no room for `record`, or `undefined` when there is. */
  refusal(record: CatalogueRecord): string | undefined {
    return this.#refusal(this.#live(record), encodeEntry(this.#sequence + 1, record, record).length)
  }

  /** Writes `record`. Returns whether that changed anything. Throws a `RangeError` when there is no room for it. */
  put(record: CatalogueRecord): boolean {
    const old = this.#live(record)
    if (old?.record !== undefined && isSameRecord(old.record, record)) return false
    const bytes = encodeEntry(this.#sequence + 1, record, record)
    const refusal = this.#refusal(old, bytes.length)
    if (refusal !== undefined) throw new RangeError(refusal)
    this.#write(record, record, bytes)
    return true
  }

  /** Withdraws the entry of that key. Returns whether there was one. */
  withdraw(key: RecordKey): boolean {
    if (this.#live(key) === undefined) return false
    this.#write(key, undefined, encodeEntry(this.#sequence + 1, key, undefined))
    return true
  }

  #live(key: RecordKey): OwnEntry | undefined {
    const entry = this.#entries.get(keyText(key))
    return entry?.record === undefined ? undefined : entry
  }

  #refusal(old: OwnEntry | undefined, bytes: number): string | undefined {
    const { maxEntriesPerOwner, maxBytesPerOwner } = this.#limits
    const live = this.#entries.size - this.#tombstones
    if (old === undefined && live >= maxEntriesPerOwner) {
      return `a node publishes at most ${maxEntriesPerOwner} entries (maxEntriesPerOwner)`
    }
    return this.#liveBytes - (old?.bytes.length ?? 0) + bytes > maxBytesPerOwner
      ? `a node publishes at most ${maxBytesPerOwner} bytes of entries (maxBytesPerOwner)`
      : undefined
  }

  #write(key: RecordKey, record: CatalogueRecord | undefined, bytes: Uint8Array): void {
    const text = keyText(key)
    this.#drop(text)
    this.#sequence++
    this.#entries.set(text, this.#blocks.add({ sequence: this.#sequence, record, bytes }))
    this.#bytes += bytes.length
    if (record === undefined) this.#tombstones++
    else this.#liveBytes += bytes.length
    while (this.#hasTooManyTombstones()) this.#dropTombstones()
  }

  #drop(text: string): void {
    const entry = this.#entries.get(text)
    if (entry === undefined) return
    this.#entries.delete(text)
    this.#blocks.delete(entry)
    this.#bytes -= entry.bytes.length
    if (entry.record === undefined) this.#tombstones--
    else this.#liveBytes -= entry.bytes.length
  }

  #hasTooManyTombstones(): boolean {
    if (this.#tombstones === 0) return false
    const live = this.#entries.size - this.#tombstones
    const { maxEntriesPerOwner, maxBytesPerOwner } = this.#limits
    const isFull = this.#entries.size > maxEntriesPerOwner || this.#bytes > maxBytesPerOwner
    return isFull || this.#tombstones > MIN_TOMBSTONES + live * TOMBSTONE_SHARE
  }

  /** Drops the older half of the tombstones. */
  #dropTombstones(): void {
    let excess = Math.ceil(this.#tombstones / 2)
    for (const [text, { sequence, record }] of this.#entries) {
      if (record !== undefined) continue
      this.#drop(text)
      this.#watermark = sequence
      if (--excess === 0) return
    }
  }
}
