import { nodeIdToBytes } from '@astranet/interface'
import { checkList, checkNodeIdBytes } from './check-wire.js'
import type { PlainValue } from './plain-value.js'
import {
  checkLinkRecord,
  checkNodeRecord,
  checkServiceKey,
  checkServiceRecord,
  type CatalogueRecord,
  type RecordKey,
} from './record.js'

/** A record with its place in its owner's history, or a tombstone: the place where it was withdrawn. */
export interface Entry {
  /** The owner's count at the time. 1 to 2^53 - 1. */
  readonly sequence: number
  readonly key: RecordKey
  /** `undefined` in a tombstone. */
  readonly record: CatalogueRecord | undefined
}

const KIND_NODE = 0x00
const KIND_SERVICE = 0x01
const KIND_LINK = 0x02

/** An entry as plain values: sequence, kind, key, and value (`null` in a tombstone). */
export function encodeEntry(entry: Entry): PlainValue {
  const { sequence, key, record } = entry
  const value = record === undefined ? null : encodeValue(record)
  switch (key.kind) {
    case 'node':
      return [sequence, KIND_NODE, [], value]
    case 'service':
      return [sequence, KIND_SERVICE, [key.environment, key.name, key.port], value]
    case 'link':
      return [sequence, KIND_LINK, [nodeIdToBytes(key.neighbour)], value]
  }
}

/**
 * Reads an entry's kind, key and value. `undefined` for a kind that is not known here: a later version's, to be
 * ignored. Throws a `TypeError` or `RangeError` that says what is wrong.
 */
export function decodeEntry(sequence: number, fields: readonly unknown[]): Entry | undefined {
  const [kind, keyFields, value] = fields
  if (typeof kind !== 'number') throw new TypeError(`kind must be a number, got ${typeof kind}`)
  switch (kind) {
    case KIND_NODE:
      return decodeNode(sequence, value)
    case KIND_SERVICE:
      return decodeService(sequence, keyFields, value)
    case KIND_LINK:
      return decodeLink(sequence, keyFields, value)
    default:
      return undefined
  }
}

function encodeValue(record: CatalogueRecord): PlainValue {
  switch (record.kind) {
    case 'node':
      return [record.roles, record.addresses]
    case 'service':
      return [record.tags, record.weight]
    case 'link':
      return record.cost === undefined ? [] : [record.cost]
  }
}

function decodeNode(sequence: number, value: unknown): Entry {
  if (value === null) return { sequence, key: { kind: 'node' }, record: undefined }
  const [roles, addresses] = checkList(value, { what: 'value of a node', min: 2, max: 64 })
  const record = checkNodeRecord(roles, addresses)
  return { sequence, key: record, record }
}

function decodeService(sequence: number, keyFields: unknown, value: unknown): Entry {
  const [environment, name, port] = checkList(keyFields, { what: 'key of a service', min: 3, max: 64 })
  const key = checkServiceKey(environment, name, port)
  if (value === null) return { sequence, key, record: undefined }
  const [tags, weight] = checkList(value, { what: 'value of a service', min: 2, max: 64 })
  const record = checkServiceRecord(key, tags, weight)
  return { sequence, key: record, record }
}

function decodeLink(sequence: number, keyFields: unknown, value: unknown): Entry {
  const [id] = checkList(keyFields, { what: 'key of a link', min: 1, max: 64 })
  const neighbour = checkNodeIdBytes(id, 'neighbour')
  if (value === null) return { sequence, key: { kind: 'link', neighbour }, record: undefined }
  const [cost] = checkList(value, { what: 'value of a link', min: 0, max: 64 })
  const record = checkLinkRecord(neighbour, cost ?? undefined)
  return { sequence, key: record, record }
}
