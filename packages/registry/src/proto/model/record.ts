import {
  checkPort,
  checkServiceName,
  formatNodeId,
  toNodeId,
  utf8Length,
  type NodeId,
} from '@astranet/interface'
import { checkInteger, checkNumber } from '@astranet/interface/check'
import {
  MAX_ADDRESSES,
  MAX_ADDRESS_BYTES,
  MAX_ENVIRONMENT_BYTES,
  MAX_LINK_COST_MS,
  MAX_ROLES,
  MAX_ROLE_BYTES,
  MAX_TAGS,
  MAX_TAG_BYTES,
  MAX_WEIGHT,
} from './limits.js'
import { checkText, checkTextList } from './text.js'

/** What a node publishes about itself. One per node. */
export interface NodeRecord {
  readonly kind: 'node'
  /** What it does for others, for example `router`. At most 16, of 1 to 32 bytes. */
  readonly roles: readonly string[]
  /** Where it listens, in the form that the transports' `dial` takes. At most 32, of 1 to 255 bytes. */
  readonly addresses: readonly string[]
}

/** What names a service on its node. */
export interface ServiceKey {
  readonly kind: 'service'
  /** Services of different environments do not see each other. 0 to 255 bytes without control characters. */
  readonly environment: string
  /** As `checkServiceName` allows. */
  readonly name: string
  /** The virtual port that it listens on. 0 to 2^32 - 1. */
  readonly port: number
}

/** A service that a node offers. One per environment, name and port. */
export interface ServiceRecord extends ServiceKey {
  /** Texts that the application chooses. At most 32, of 1 to 255 bytes. */
  readonly tags: readonly string[]
  /** Its share of the choices among services of its name. 0 to 65,535; 0 is a standby, see `selectors.ts`. */
  readonly weight: number
}

/** What names a link on the node that has it. */
export interface LinkKey {
  readonly kind: 'link'
  /** The node at the other end. */
  readonly neighbour: NodeId
}

/** A link that a node has. One per neighbour. */
export interface LinkRecord extends LinkKey {
  /** Its round-trip time in ms, with fractions. 0 to 2^31 - 1. `undefined`: its owner does not publish it. */
  readonly cost: number | undefined
}

/** One fact, written by the node that it is about. */
export type CatalogueRecord = NodeRecord | ServiceRecord | LinkRecord

/** Names a record among its owner's. */
export type RecordKey = { readonly kind: 'node' } | ServiceKey | LinkKey

/** A record's key as text: equal for equal keys, different for different keys. */
export function keyText(key: RecordKey): string {
  switch (key.kind) {
    case 'node':
      return 'node'
    case 'service':
      // No control character occurs in the names, so a NUL separates them.
      return `service\0${key.environment}\0${key.name}\0${key.port}`
    case 'link':
      return `link\0${formatNodeId(key.neighbour)}`
  }
}

/** A frozen copy of a node record. Throws a `TypeError` or `RangeError` that names the wrong field. */
export function checkNodeRecord(roles: unknown, addresses: unknown): NodeRecord {
  return Object.freeze({
    kind: 'node',
    roles: checkTextList(roles, {
      what: 'roles',
      each: 'role',
      maxCount: MAX_ROLES,
      maxBytes: MAX_ROLE_BYTES,
    }),
    addresses: checkTextList(addresses, {
      what: 'addresses',
      each: 'address',
      maxCount: MAX_ADDRESSES,
      maxBytes: MAX_ADDRESS_BYTES,
    }),
  })
}

/** A frozen copy of a service's key. Throws a `TypeError` or `RangeError` that names the wrong field. */
export function checkServiceKey(environment: unknown, name: unknown, port: unknown): ServiceKey {
  return Object.freeze({
    kind: 'service',
    environment: checkText(environment, {
      what: 'environment',
      maxBytes: MAX_ENVIRONMENT_BYTES,
      mayBeEmpty: true,
    }),
    name: checkServiceName(name as string),
    port: checkPort(port as number),
  })
}

/** A frozen copy of a service record. Throws a `TypeError` or `RangeError` that names the wrong field. */
export function checkServiceRecord(key: ServiceKey, tags: unknown, weight: unknown): ServiceRecord {
  return Object.freeze({
    kind: 'service',
    environment: key.environment,
    name: key.name,
    port: key.port,
    tags: checkTextList(tags, { what: 'tags', each: 'tag', maxCount: MAX_TAGS, maxBytes: MAX_TAG_BYTES }),
    weight: checkInteger('weight', weight, { min: 0, max: MAX_WEIGHT }),
  })
}

/** A frozen link record; `cost` may be left out. Throws a `TypeError` or `RangeError` that names the wrong field. */
export function checkLinkRecord(neighbour: NodeId, cost: unknown): LinkRecord {
  return Object.freeze({
    kind: 'link',
    neighbour: toNodeId(neighbour),
    cost: cost === undefined ? undefined : checkNumber('cost', cost, { min: 0, max: MAX_LINK_COST_MS }),
  })
}

/** Whether two records are equal. */
export function isSameRecord(a: CatalogueRecord, b: CatalogueRecord): boolean {
  if (keyText(a) !== keyText(b)) return false
  if (a.kind === 'node')
    return b.kind === 'node' && isSameList(a.roles, b.roles) && isSameList(a.addresses, b.addresses)
  if (a.kind === 'service') return b.kind === 'service' && a.weight === b.weight && isSameList(a.tags, b.tags)
  return b.kind === 'link' && a.cost === b.cost
}

/** The most bytes that a record (or, withdrawn, its key) takes in a message. */
export function recordBytes(key: RecordKey | CatalogueRecord): number {
  // Three list headers of 3, at most four numbers of 9 (or a node id, 10), and something to spare.
  let bytes = 48
  if (key.kind === 'service') bytes += textBytes(key.environment) + textBytes(key.name)
  if ('tags' in key) bytes += listBytes(key.tags)
  if ('roles' in key) bytes += listBytes(key.roles) + listBytes(key.addresses)
  return bytes
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index])
}

function listBytes(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + textBytes(text), 3)
}

function textBytes(text: string): number {
  return 3 + utf8Length(text)
}
