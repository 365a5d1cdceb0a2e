import type { NodeId } from '@astranet/interface'
import { checkLinkRecord, checkNodeRecord, checkServiceKey, checkServiceRecord } from './check-record.js'
import { checkList, checkNodeIdBytes } from './check-wire.js'
import { MAX_ENTRY_BYTES, MAX_NODE_ROUTERS } from './limits.js'
import type { ReadContext } from './read-context.js'
import type {
  CatalogueRecord,
  LinkRecord,
  NodeRecord,
  RecordKey,
  ServiceKey,
  ServiceRecord,
} from './record.js'
import { isShortestLinkKey, isShortestServiceKey } from './shortest-key.js'

/** The kinds of entries on the wire. */
export const KIND_NODE = 0x00
export const KIND_SERVICE = 0x01
export const KIND_LINK = 0x02

/**
 * Reads a key. `undefined` when it cannot be read: the kind is not known or belongs to the other log, a field is out of
 * range, or it is not in the shortest form, so that equal keys always have equal bytes.
 */
export function decodeKey(
  kind: number,
  fields: unknown,
  bytes: Uint8Array,
  context: ReadContext,
): RecordKey | undefined {
  try {
    if (context.id.kind === 'links') return kind === KIND_LINK ? linkKey(fields, bytes) : undefined
    if (kind === KIND_SERVICE) return serviceKey(fields, bytes, context)
    return kind === KIND_NODE && Array.isArray(fields) && bytes.length === 1 ? { kind: 'node' } : undefined
  } catch {
    return undefined
  }
}

/** Reads the value under a key. `undefined` when it cannot be read. Items beyond the known ones are ignored. */
export function decodeRecord(
  key: RecordKey,
  value: unknown,
  context: ReadContext,
): CatalogueRecord | undefined {
  try {
    switch (key.kind) {
      case 'node':
        return decodeNode(value)
      case 'service':
        return decodeService(key, value, context)
      case 'link':
        return decodeLink(key.neighbour, value)
    }
  } catch {
    return undefined
  }
}

function serviceKey(fields: unknown, bytes: Uint8Array, context: ReadContext): RecordKey | undefined {
  const [environment, name, port] = checkList(fields, { what: 'key of a service', min: 3, max: 3 })
  const key = checkServiceKey(environment, name, port, context.interner)
  return isShortestServiceKey(bytes) ? key : undefined
}

function linkKey(fields: unknown, bytes: Uint8Array): RecordKey | undefined {
  const [id] = checkList(fields, { what: 'key of a link', min: 1, max: 1 })
  const neighbour = checkNodeIdBytes(id, 'neighbour')
  return isShortestLinkKey(bytes) ? { kind: 'link', neighbour } : undefined
}

function decodeNode(value: unknown): NodeRecord {
  const [roles, addresses, routers] = checkList(value, {
    what: 'value of a node',
    min: 3,
    max: MAX_ENTRY_BYTES,
  })
  const ids = checkList(routers, { what: 'routers', min: 0, max: MAX_NODE_ROUTERS })
  return checkNodeRecord({
    roles,
    addresses,
    routers: Array.from(ids, (id) => checkNodeIdBytes(id, 'router')),
  })
}

function decodeService(key: ServiceKey, value: unknown, context: ReadContext): ServiceRecord {
  const items = checkList(value, { what: 'value of a service', min: 5, max: MAX_ENTRY_BYTES })
  const [tags, weight, zone, version, number] = items
  const health = number === 0 ? 'passing' : number === 1 ? 'failing' : undefined
  const fields = { tags, weight, zone, version, health }
  return checkServiceRecord(context.id.owner, key, fields, context.interner)
}

function decodeLink(neighbour: NodeId, value: unknown): LinkRecord {
  const [incarnation, cost] = checkList(value, { what: 'value of a link', min: 1, max: MAX_ENTRY_BYTES })
  return checkLinkRecord(neighbour, incarnation, cost ?? undefined)
}
