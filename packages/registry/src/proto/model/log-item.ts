import { keyText, type CatalogueRecord } from './record.js'

/**
 * An entry that shows nothing. `tombstone`: it was withdrawn. `opaque`: it cannot be read here; a later version may have
 * written it. Both are kept, because they are part of what the owner signed.
 */
export interface HiddenItem {
  readonly kind: 'tombstone' | 'opaque'
  /** The text of its key, see {@link itemKey}. */
  readonly of: string
}

/** What an entry of a log says. */
export type LogItem = CatalogueRecord | HiddenItem

/** The text of an item's key: of two items of a log with the same text, the later one replaces the other. */
export function itemKey(item: LogItem): string {
  return isShown(item) ? keyText(item) : item.of
}

/** Whether an item is a record. */
export function isShown(item: LogItem): item is CatalogueRecord {
  return item.kind !== 'tombstone' && item.kind !== 'opaque'
}
