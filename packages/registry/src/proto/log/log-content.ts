import { CONTENT_BYTES, ITEM_SLOT_BYTES, MAP_ENTRY_BYTES } from '../model/held-bytes.js'
import { isShown, itemKey, type LogItem } from '../model/log-item.js'
import { isSameKey, keyText, type CatalogueRecord, type RecordKey } from '../model/record.js'
import type { Version } from '../model/version.js'

/** A log of more entries than this has a map from keys to items; in a smaller one they are gone through. */
const MAX_UNINDEXED = 32

/** What items take in memory, in bytes: upper bounds. */
export interface ContentSizes {
  readonly items: number
  /** The texts of their keys, where there is a map. */
  readonly keys: number
}

/** What a content is made of. */
export interface ContentParts {
  readonly state: Version & { readonly watermark: number }
  readonly bytes: Uint8Array
  readonly items: readonly LogItem[]
  readonly sizes: ContentSizes
}

/** What the map from keys to items has to know to take over the map of the content before. */
export interface ContentChange {
  /** The content that this one replaces. */
  readonly base: LogContent | undefined
  /** Items of `base` that are not in this one. */
  readonly dropped: Iterable<LogItem>
  /** Items by key that are not in `base`. */
  readonly added: Iterable<readonly [string, LogItem]>
}

/** The entries of a log at one version. They never change: a log that changes gets another content. */
export class LogContent {
  /** The state that they make. */
  readonly version: Version
  readonly watermark: number
  /** The entries as they are stored, behind the head (see `log-head.ts`). */
  readonly bytes: Uint8Array
  /** What each entry says, in the order of the bytes. */
  readonly items: readonly LogItem[]
  readonly sizes: ContentSizes
  #index: Map<string, LogItem> | undefined

  constructor(parts: ContentParts, change: ContentChange) {
    const { state, bytes, items, sizes } = parts
    this.version = { incarnation: state.incarnation, sequence: state.sequence, check: state.check }
    this.watermark = state.watermark
    this.bytes = bytes
    this.items = items
    this.sizes = sizes
    this.#index =
      items.length > MAX_UNINDEXED ? nextIndex(items, change, change.base?.takeIndex()) : undefined
  }

  /** The memory that it takes, in bytes: an upper bound. */
  get heldBytes(): number {
    const count = this.items.length
    const indexBytes = this.#index === undefined ? 0 : this.sizes.keys + count * MAP_ENTRY_BYTES
    return CONTENT_BYTES + this.bytes.length + this.sizes.items + count * ITEM_SLOT_BYTES + indexBytes
  }

  /** The record of that key. */
  record(key: RecordKey): CatalogueRecord | undefined {
    if (this.#index !== undefined) {
      const item = this.#index.get(keyText(key))
      return item !== undefined && isShown(item) ? item : undefined
    }
    for (const item of this.items) if (isShown(item) && isSameKey(item, key)) return item
    return undefined
  }

  /** All items by the texts of their keys. Not to be kept. */
  byKey(): ReadonlyMap<string, LogItem> {
    return this.#index ?? new Map(this.items.map((item) => [itemKey(item), item]))
  }

  /** Gives the map away to the content that replaces this one. */
  takeIndex(): Map<string, LogItem> | undefined {
    const index = this.#index
    this.#index = undefined
    return index
  }
}

function nextIndex(
  items: readonly LogItem[],
  { dropped, added }: ContentChange,
  index: Map<string, LogItem> | undefined,
): Map<string, LogItem> {
  if (index === undefined) return new Map(items.map((item) => [itemKey(item), item]))
  for (const item of dropped) index.delete(itemKey(item))
  for (const [key, item] of added) index.set(key, item)
  return index
}
