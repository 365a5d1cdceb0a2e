import { encodeMessage, MessageDecoder } from '@astranet/frame/message'
import { nodeIdToBytes } from '@astranet/interface'
import { checkCount, checkList } from './check-wire.js'
import { bodyStart, entryEnd, keyRange } from './entry-layout.js'
import { decodeKey, decodeRecord, KIND_LINK, KIND_NODE, KIND_SERVICE } from './entry-record.js'
import { MAX_ENTRY_BYTES } from './limits.js'
import type { LogItem } from './log-item.js'
import { PlainEntries } from './plain-entries.js'
import type { PlainValue } from './plain-value.js'
import type { ReadContext } from './read-context.js'
import { keyText, type CatalogueRecord, type RecordKey } from './record.js'

/** An entry as it was read, and where in its bytes it is. */
export interface ReadEntry {
  readonly sequence: number
  readonly item: LogItem
  /** The bytes that it was read from. */
  readonly source: Uint8Array
  readonly start: number
  readonly end: number
}

/** An entry as it is stored and sent: its length and its msgpack. `record` is `undefined` in a tombstone. */
export function encodeEntry(
  sequence: number,
  key: RecordKey,
  record: CatalogueRecord | undefined,
): Uint8Array {
  const value = record === undefined ? null : encodeValue(record)
  return encodeMessage([sequence, ...encodeKey(key), value], { maxBytes: MAX_ENTRY_BYTES })
}

/**
 * Reads entries that stand one behind the other. Their sequences must rise from above `since` to at most `until`.
 * Returns a sentence that says what is wrong when that is not so, or when they are no entries.
 */
export function readEntries(
  bytes: Uint8Array,
  range: { readonly since: number; readonly until: number },
  context: ReadContext,
): ReadEntry[] | string {
  const plain = new PlainEntries(bytes, context)
  const entries: ReadEntry[] = []
  let start = 0
  let last = range.since
  while (start < bytes.length) {
    const entry = readPlain(plain, bytes, start) ?? readAnyEntry(bytes, start, context)
    if (typeof entry === 'string') return entry
    if (entry.sequence <= last || entry.sequence > range.until) {
      return 'sequences of entries do not rise to that of the state'
    }
    last = entry.sequence
    start = entry.end
    entries.push(entry)
  }
  return entries
}

/** The entry at `start` if it has the form that almost all have. */
function readPlain(plain: PlainEntries, bytes: Uint8Array, start: number): ReadEntry | undefined {
  const body = bodyStart(bytes, start)
  const end = entryEnd(bytes, start)
  // Written so that it is false too when the length itself is cut off, and `end` no number.
  if (!(end <= bytes.length && end - body <= MAX_ENTRY_BYTES)) return undefined
  const entry = plain.read(body, end)
  return entry && { sequence: entry.sequence, item: entry.item, source: bytes, start, end }
}

/** The entry at `start` in any form, or what is wrong with it. {@link readEntries} asks for it where it must. */
export function readAnyEntry(bytes: Uint8Array, start: number, context: ReadContext): ReadEntry | string {
  const decoder = new MessageDecoder({ maxBytes: MAX_ENTRY_BYTES })
  decoder.push(bytes.subarray(start))
  const result = decoder.next()
  if (result.kind === 'error') return result.error.message
  if (result.kind === 'incomplete') return 'an entry is cut off'
  return readEntry(result.value, bytes, start, bytes.length - decoder.bufferedBytes, context)
}

function readEntry(
  value: unknown,
  bytes: Uint8Array,
  start: number,
  end: number,
  context: ReadContext,
): ReadEntry | string {
  try {
    const fields = checkList(value, { what: 'entry', min: 4, max: MAX_ENTRY_BYTES })
    const sequence = checkCount(fields[0], 'sequence')
    const kind = checkCount(fields[1], 'kind')
    return { sequence, item: readItem(kind, fields, bytes, start, context), source: bytes, start, end }
  } catch (error) {
    return error instanceof Error ? error.message : 'an entry cannot be read'
  }
}

function readItem(
  kind: number,
  fields: readonly unknown[],
  bytes: Uint8Array,
  start: number,
  context: ReadContext,
): LogItem {
  const { start: keyStart, end: keyEnd } = keyRange(bytes, start)
  const keyBytes = bytes.subarray(keyStart, keyEnd)
  const isTombstone = fields[3] === null
  const key = decodeKey(kind, fields[2], keyBytes, context)
  if (key === undefined) {
    const text = `opaque\0${kind}\0${String.fromCharCode(...keyBytes)}`
    return Object.freeze({ kind: isTombstone ? 'tombstone' : 'opaque', of: text })
  }
  if (isTombstone) return Object.freeze({ kind: 'tombstone', of: keyText(key) })
  return decodeRecord(key, fields[3], context) ?? Object.freeze({ kind: 'opaque', of: keyText(key) })
}

function encodeKey(key: RecordKey): readonly PlainValue[] {
  switch (key.kind) {
    case 'node':
      return [KIND_NODE, []]
    case 'service':
      return [KIND_SERVICE, [key.environment, key.name, key.port]]
    case 'link':
      return [KIND_LINK, [nodeIdToBytes(key.neighbour)]]
  }
}

function encodeValue(record: CatalogueRecord): PlainValue {
  switch (record.kind) {
    case 'node':
      return [record.roles, record.addresses, record.routers.map(nodeIdToBytes)]
    case 'service': {
      const health = record.health === 'passing' ? 0 : 1
      return [record.tags, record.weight, record.zone, record.version, health]
    }
    case 'link':
      return record.cost === undefined ? [record.incarnation] : [record.incarnation, record.cost]
  }
}
