import type { NodeId } from '@astranet/interface'

/** The health of a service as its owner found it last. */
export type ServiceHealth = 'passing' | 'failing'

/** What a node publishes about itself. One per node, in its services log. */
export interface NodeRecord {
  readonly kind: 'node'
  /** What it does for others, for example `router`. At most 8 tokens of 1 to 32 bytes. */
  readonly roles: readonly string[]
  /** Where it listens, in the form that the transports' `dial` takes. At most 16 tokens of 1 to 255 bytes. */
  readonly addresses: readonly string[]
  /** The routers that it has links to. At most 64. A router publishes its links instead. */
  readonly routers: readonly NodeId[]
}

/** What names a service on its node. */
export interface ServiceKey {
  readonly kind: 'service'
  /** Services of different environments do not see each other. As `checkEnvironment` allows; default `''`. */
  readonly environment: string
  /** As `checkServiceName` allows. */
  readonly name: string
  /** The virtual port that it listens on. 0 to 2^32 - 1. */
  readonly port: number
}

/**
 * A service that a node offers, frozen. One per environment, name and port of a node. The catalogue's readers get this
 * very object.
 */
export interface ServiceRecord extends ServiceKey {
  /** The node that offers it: the owner of the log that it is in. */
  readonly nodeId: NodeId
  /** Texts that the application chooses. At most 32, of 1 to 255 bytes. */
  readonly tags: readonly string[]
  /** Its share of the choices among services of its name. 0 to 65,535; 0 is a standby. */
  readonly weight: number
  /** Where it runs, for selectors that prefer what is near. 0 to 255 bytes; `''` is not known. */
  readonly zone: string
  /** Which version of the service it is. 0 to 255 bytes; `''` is not known. */
  readonly version: string
  /** What its check found. A failing service stays listed, and is chosen only when all are failing. */
  readonly health: ServiceHealth
}

/** What names a link on the router that has it. */
export interface LinkKey {
  readonly kind: 'link'
  /** The node at the other end. */
  readonly neighbour: NodeId
}

/** A link that a router has. One per neighbour, in its links log. */
export interface LinkRecord extends LinkKey {
  /** The incarnation of the neighbour that the link is to. */
  readonly incarnation: number
  /** Its round-trip time in ms, with fractions. 0 to 2^31 - 1. `undefined`: not both of its ends are routers. */
  readonly cost: number | undefined
}

/** One fact, written by the node that it is about. */
export type CatalogueRecord = NodeRecord | ServiceRecord | LinkRecord

/** Names a record among those of its log. */
export type RecordKey = { readonly kind: 'node' } | ServiceKey | LinkKey

/** A record's key as text: equal for equal keys, different for different keys. */
export function keyText(key: RecordKey): string {
  switch (key.kind) {
    case 'node':
      return 'node'
    case 'service':
      // No control character occurs in the names, so a NUL separates them. A joined text takes half the memory of one
      // that is put together by operators.
      return ['service', key.environment, key.name, key.port].join('\0')
    case 'link':
      return `link\0${key.neighbour.toString(16)}`
  }
}

/** Whether two keys are equal, without making texts of them. */
export function isSameKey(a: RecordKey, b: RecordKey): boolean {
  switch (a.kind) {
    case 'node':
      return b.kind === 'node'
    case 'service':
      return b.kind === 'service' && a.port === b.port && a.name === b.name && a.environment === b.environment
    case 'link':
      return b.kind === 'link' && a.neighbour === b.neighbour
  }
}

/** Whether two records are equal. Services of different nodes are not. */
export function isSameRecord(a: CatalogueRecord, b: CatalogueRecord): boolean {
  if (a === b) return true
  if (!isSameKey(a, b)) return false
  if (a.kind === 'node') return b.kind === 'node' && isSameNode(a, b)
  if (a.kind === 'service') return b.kind === 'service' && isSameService(a, b)
  return b.kind === 'link' && a.incarnation === b.incarnation && a.cost === b.cost
}

function isSameNode(a: NodeRecord, b: NodeRecord): boolean {
  return (
    isSameList(a.roles, b.roles) && isSameList(a.addresses, b.addresses) && isSameList(a.routers, b.routers)
  )
}

function isSameService(a: ServiceRecord, b: ServiceRecord): boolean {
  return (
    a.nodeId === b.nodeId &&
    a.weight === b.weight &&
    a.zone === b.zone &&
    a.version === b.version &&
    a.health === b.health &&
    isSameList(a.tags, b.tags)
  )
}

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a === b || (a.length === b.length && a.every((item, index) => item === b[index]))
}
