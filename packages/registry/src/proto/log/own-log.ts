import { concatBytes } from '@astranet/interface'
import { after, type MaybePromise, type RegistryCrypto, type RegistrySigner } from '../crypto.js'
import { encodeEntry } from '../model/entry.js'
import { MIN_TOMBSTONES, TOMBSTONE_SHARE, type CatalogueLimits } from '../model/limits.js'
import { isSameRecord, keyText, type CatalogueRecord, type RecordKey } from '../model/record.js'
import type { Version } from '../model/version.js'
import { InOrder } from './in-order.js'
import type { LogKind } from './log-id.js'
import { partAfter, type LogPart, type RememberedPart } from './log-part.js'
import { checkOf, statementOf, type SignedState } from './signed-state.js'

interface OwnEntry {
  readonly sequence: number
  /** `undefined`: a tombstone. */
  readonly record: CatalogueRecord | undefined
  readonly bytes: Uint8Array
}

interface Sealed {
  readonly state: SignedState
  readonly bytes: Uint8Array
  /** What `#revision` was. */
  readonly revision: number
}

const EMPTY: LogPart = Object.freeze({ entries: new Uint8Array(0), until: 0, hasMore: false })

/**
 * One of this node's own logs. Each change is written with the next sequence, and the entry that it replaces is
 * dropped. A withdrawn entry leaves a tombstone; the oldest tombstones are dropped up to a watermark, and a node that
 * holds less than that needs a snapshot, because it would not learn what was withdrawn.
 *
 * What was changed is sealed (hashed and signed) in batches. Only what is sealed goes to others.
 */
export class OwnLog {
  readonly kind: LogKind
  readonly #limits: CatalogueLimits
  /** By key, in the order of their sequences. */
  readonly #entries = new Map<string, OwnEntry>()
  readonly #inOrder = new InOrder()
  #incarnation: number
  #sequence = 0
  #watermark = 0
  #tombstones = 0
  /** Bytes of all entries, and of those that are live. */
  #bytes = 0
  #liveBytes = 0
  /** Counts changes of anything that is signed. */
  #revision = 0
  #sealed: Sealed | undefined = undefined
  #part: RememberedPart | undefined = undefined

  constructor(kind: LogKind, incarnation: number, limits: CatalogueLimits) {
    this.kind = kind
    this.#incarnation = incarnation
    this.#limits = limits
  }

  /** Whether something has changed since it was sealed, or nothing was sealed yet. */
  get isDirty(): boolean {
    return this.#sealed?.revision !== this.#revision
  }

  /** The incarnation of the next state that is sealed. */
  get incarnation(): number {
    return this.#incarnation
  }

  /** The sealed state. `undefined` before the first. */
  get state(): SignedState | undefined {
    return this.#sealed?.state
  }

  /** The version of the sealed state. `undefined` before the first. */
  get version(): Version | undefined {
    return this.#sealed?.state
  }

  /** Tombstones of this sequence and below are not in the sealed state: less than that cannot be added to. */
  get watermark(): number {
    return this.#sealed?.state.watermark ?? 0
  }

  /** The live record of that key, sealed or not. */
  record(key: RecordKey): CatalogueRecord | undefined {
    return this.#entries.get(keyText(key))?.record
  }

  /** The live records, sealed or not, in the order of their last change. */
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

  /** Continues in a later incarnation: what was written keeps its sequences. It is to be sealed then. */
  adoptIncarnation(incarnation: number): void {
    this.#incarnation = incarnation
    this.#revision++
  }

  /**
   * Signs what has changed; gives the present state when nothing has. Changes made while the answer is awaited are for
   * the next sealing. Fails only when the platform's crypto does; then nothing has changed.
   */
  seal(signer: RegistrySigner, crypto: RegistryCrypto): MaybePromise<SignedState> {
    return this.#inOrder.run(() => this.#seal(signer, crypto))
  }

  /** The next part of what was sealed after sequence `since`: as much as fits in `maxBytes`, at least one entry. */
  partAfter(since: number, maxBytes: number): LogPart {
    const sealed = this.#sealed
    if (sealed === undefined) return EMPTY
    const source = { bytes: sealed.bytes, head: 0, sequence: sealed.state.sequence }
    this.#part = partAfter(source, since, maxBytes, this.#part)
    return this.#part
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
    this.#revision++
    this.#entries.set(text, { sequence: this.#sequence, record, bytes })
    this.#bytes += bytes.length
    if (record === undefined) this.#tombstones++
    else this.#liveBytes += bytes.length
    while (this.#hasTooManyTombstones()) this.#dropTombstones()
  }

  #drop(text: string): void {
    const entry = this.#entries.get(text)
    if (entry === undefined) return
    this.#entries.delete(text)
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

  #seal(signer: RegistrySigner, crypto: RegistryCrypto): MaybePromise<SignedState> {
    if (this.#sealed !== undefined && !this.isDirty) return this.#sealed.state
    const revision = this.#revision
    const bytes = concatBytes([...this.#entries.values()].map((entry) => entry.bytes))
    const numbers = {
      incarnation: this.#incarnation,
      sequence: this.#sequence,
      watermark: this.#watermark,
      count: this.#entries.size,
      size: bytes.length,
    }
    return after(crypto.hash(bytes), (root) =>
      after(signer.sign(statementOf(this.kind, { ...numbers, root })), (signature) => {
        const state = Object.freeze({ ...numbers, check: checkOf(root), root, signature })
        this.#sealed = { state, bytes, revision }
        this.#part = undefined
        return state
      }),
    )
  }
}
