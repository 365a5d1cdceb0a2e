import { entryEnd, entrySequence } from '../model/entry-layout.js'
import type { ReadEntry } from '../model/entry.js'
import { itemBytes, keyBytes } from '../model/held-bytes.js'
import { isShown, itemKey, type LogItem } from '../model/log-item.js'
import { isSameRecord, type CatalogueRecord } from '../model/record.js'
import type { RecordChange } from './delta-result.js'
import { LogContent } from './log-content.js'
import { HEAD_BYTES } from './log-head.js'
import type { SignedState } from './signed-state.js'

/** What a {@link Merge} puts together. */
export interface MergeInput {
  /** What is held now. */
  readonly held: LogContent | undefined
  /** Whether the entries replace what is held, rather than add to it. */
  readonly isSnapshot: boolean
  /** In the order of their sequences; unless `isSnapshot` all above those that are held. */
  readonly entries: readonly ReadEntry[]
  /** The state that the result should have. */
  readonly state: SignedState
}

interface Fresh {
  readonly entry: ReadEntry
  /** The item that is held already, if it is equal: so that a record that did not change stays the same object. */
  readonly item: LogItem
}

const NOTHING: ReadonlyMap<string, LogItem> = new Map()

/**
 * What is held together with new entries: a content whose bytes have to be checked before it is held. What is held does
 * not change before {@link accept}.
 */
export class Merge {
  readonly #input: MergeInput
  /** What is held, by key. */
  readonly #known: ReadonlyMap<string, LogItem>
  /** The newest entry of each key, in the order of their sequences. */
  readonly #fresh = new Map<string, Fresh>()
  readonly #items: LogItem[] = []
  /** Items that were held and are not in the result. */
  readonly #dropped: LogItem[] = []
  /** The bytes of the result, in runs of start and end: those that are held, then those that are new. */
  readonly #runs: { readonly bytes: Uint8Array; readonly start: number; end: number }[] = []
  readonly #sizes: { items: number; keys: number }
  #size = 0

  constructor(input: MergeInput) {
    this.#input = input
    this.#known = input.held?.byKey() ?? NOTHING
    const { items = 0, keys = 0 } = input.isSnapshot ? {} : (input.held?.sizes ?? {})
    this.#sizes = { items, keys }
    for (const entry of input.entries) this.#note(entry)
    if (input.held !== undefined && !input.isSnapshot) this.#keepFrom(input.held)
    for (const { entry, item } of this.#fresh.values()) {
      if (this.#isObsolete(item, entry.sequence)) continue
      this.#add(item, entry.source, entry)
      this.#resize(item, 1)
    }
  }

  /** How many entries the result has. */
  get count(): number {
    return this.#items.length
  }

  /** How many bytes its entries take. */
  get size(): number {
    return this.#size
  }

  /** The bytes of the result, with an empty head. */
  write(): Uint8Array {
    const bytes = new Uint8Array(HEAD_BYTES + this.#size)
    let at = HEAD_BYTES
    for (const run of this.#runs) {
      bytes.set(run.bytes.subarray(run.start, run.end), at)
      at += run.end - run.start
    }
    return bytes
  }

  /** The result with the bytes written. It takes over what `held` has, which must not be used afterwards. */
  accept(bytes: Uint8Array): LogContent {
    const { held, isSnapshot } = this.#input
    const change = { base: isSnapshot ? undefined : held, dropped: this.#dropped, added: this.#added() }
    // A copy has room for these items and no more.
    const items = this.#items.slice()
    return new LogContent({ state: this.#input.state, bytes, items, sizes: this.#sizes }, change)
  }

  /** How the records of the result differ from those held. */
  changes(): RecordChange[] {
    const changes: RecordChange[] = []
    if (this.#input.isSnapshot) {
      for (const [key, item] of this.#known) {
        if (isShown(item) && !this.#fresh.has(key)) changes.push({ before: item, now: undefined })
      }
    }
    for (const [key, { item }] of this.#fresh) {
      const before = shown(this.#known.get(key))
      const now = shown(item)
      if (before !== now) changes.push({ before, now })
    }
    return changes
  }

  /** Items by key that were not held. */
  *#added(): Iterable<readonly [string, LogItem]> {
    for (const [key, { entry, item }] of this.#fresh)
      if (!this.#isObsolete(item, entry.sequence)) yield [key, item]
  }

  #note(entry: ReadEntry): void {
    const key = itemKey(entry.item)
    const known = this.#known.get(key)
    const item = known !== undefined && isSameItem(known, entry.item) ? known : entry.item
    // Deleted first, so that the order stays that of the sequences.
    this.#fresh.delete(key)
    this.#fresh.set(key, { entry, item })
  }

  #keepFrom(held: LogContent): void {
    const replaced = new Set<LogItem>()
    for (const key of this.#fresh.keys()) {
      const item = this.#known.get(key)
      if (item !== undefined) replaced.add(item)
    }
    let start = HEAD_BYTES
    for (const item of held.items) {
      const end = entryEnd(held.bytes, start)
      if (replaced.has(item) || this.#isObsolete(item, entrySequence(held.bytes, start))) {
        this.#dropped.push(item)
        this.#resize(item, -1)
      } else {
        this.#add(item, held.bytes, { start, end })
      }
      start = end
    }
  }

  #add(
    item: LogItem,
    bytes: Uint8Array,
    { start, end }: { readonly start: number; readonly end: number },
  ): void {
    this.#items.push(item)
    this.#size += end - start
    const run = this.#runs.at(-1)
    if (run?.bytes === bytes && run.end === start) run.end = end
    else this.#runs.push({ bytes, start, end })
  }

  #resize(item: LogItem, sign: 1 | -1): void {
    this.#sizes.items += sign * itemBytes(item)
    this.#sizes.keys += sign * keyBytes(item)
  }

  #isObsolete(item: LogItem, sequence: number): boolean {
    return item.kind === 'tombstone' && sequence <= this.#input.state.watermark
  }
}

function isSameItem(a: LogItem, b: LogItem): boolean {
  return isShown(a) ? isShown(b) && isSameRecord(a, b) : a.kind === b.kind
}

function shown(item: LogItem | undefined): CatalogueRecord | undefined {
  return item !== undefined && isShown(item) ? item : undefined
}
