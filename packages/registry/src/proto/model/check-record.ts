import {
  checkEnvironment,
  checkPort,
  checkServiceName,
  checkTokens,
  NODE_FACT_LIMITS,
  toNodeId,
  type NodeId,
} from '@astranet/interface'
import { checkArray, checkInteger, checkNumber, checkOneOf, outOfRange } from '@astranet/interface/check'
import {
  MAX_LABEL_BYTES,
  MAX_LINK_COST_MS,
  MAX_NODE_ROUTERS,
  MAX_TAGS,
  MAX_TAG_BYTES,
  MAX_WEIGHT,
} from './limits.js'
import { plainInterner, type Interner } from './interner.js'
import type { LinkRecord, NodeRecord, ServiceHealth, ServiceKey, ServiceRecord } from './record.js'
import { ServiceInstance } from './service-record.js'
import { checkText, checkTextList } from './text.js'

/*
 * The one set of checks of what is published: for the application's calls, and for what comes from others. Each throws
 * a `TypeError` or `RangeError` that names the field.
 */

/** The fields of a node record, before they are checked. */
export interface NodeFields {
  readonly roles: unknown
  readonly addresses: unknown
  readonly routers: unknown
}

/** The fields of a service that may change while it is offered, before they are checked. */
export interface ServiceFields {
  readonly tags: unknown
  readonly weight: unknown
  readonly zone: unknown
  readonly version: unknown
  readonly health: unknown
}

/** A frozen node record. */
export function checkNodeRecord(fields: NodeFields): NodeRecord {
  const { roles, addresses } = NODE_FACT_LIMITS
  return Object.freeze({
    kind: 'node',
    roles: Object.freeze([...checkTokens('roles', fields.roles, roles)]),
    addresses: Object.freeze([...checkTokens('addresses', fields.addresses, addresses)]),
    routers: checkRouters(fields.routers),
  })
}

/** A service's key. Equal texts become one object by `interner`. */
export function checkServiceKey(
  environment: unknown,
  name: unknown,
  port: unknown,
  interner: Interner = plainInterner,
): ServiceKey {
  return {
    kind: 'service',
    environment: interner.text(checkEnvironment(environment as string)),
    name: interner.text(checkServiceName(name as string)),
    port: checkPort(port as number),
  }
}

/** A frozen service record of node `nodeId`. Equal texts become one object by `interner`. */
export function checkServiceRecord(
  nodeId: NodeId,
  key: ServiceKey,
  fields: ServiceFields,
  interner: Interner = plainInterner,
): ServiceRecord {
  return new ServiceInstance(nodeId, key, {
    tags: checkTags(fields.tags, interner),
    weight: checkWeight(fields.weight),
    zone: checkLabel('zone', fields.zone, interner),
    version: checkLabel('version', fields.version, interner),
    health: checkHealth(fields.health),
  })
}

/** A frozen link record; `cost` may be left out. */
export function checkLinkRecord(neighbour: NodeId, incarnation: unknown, cost: unknown): LinkRecord {
  return Object.freeze({
    kind: 'link',
    neighbour: toNodeId(neighbour),
    incarnation: checkInteger('incarnation', incarnation, { min: 0, max: Number.MAX_SAFE_INTEGER }),
    cost: cost === undefined ? undefined : checkNumber('cost', cost, { min: 0, max: MAX_LINK_COST_MS }),
  })
}

/** A frozen list equal to `value` when that is a list of tags: at most 32 texts of 1 to 255 bytes. */
export function checkTags(value: unknown, interner: Interner): readonly string[] {
  const rule = { what: 'tags', each: 'tags', maxCount: MAX_TAGS, maxBytes: MAX_TAG_BYTES }
  return interner.knownList(value) ?? interner.list(checkTextList(value, rule))
}

/** `value` when it is a weight: an integer from 0 to 65,535. */
export function checkWeight(value: unknown): number {
  return checkInteger('weight', value, { min: 0, max: MAX_WEIGHT })
}

/** A text equal to `value` when that is a zone or version: 0 to 255 bytes without control characters. */
export function checkLabel(name: string, value: unknown, interner: Interner = plainInterner): string {
  if (value === '') return value
  const rule = { what: name, maxBytes: MAX_LABEL_BYTES, mayBeEmpty: true }
  return interner.knownText(value) ?? interner.text(checkText(value, rule))
}

/** `value` when it is a health. */
export function checkHealth(value: unknown): ServiceHealth {
  return checkOneOf('health', value as ServiceHealth, ['passing', 'failing'])
}

function checkRouters(value: unknown): readonly NodeId[] {
  const list = checkArray('routers', value)
  if (list.length > MAX_NODE_ROUTERS) throw outOfRange('routers', `at most ${MAX_NODE_ROUTERS}`, list.length)
  return Object.freeze(Array.from(list as readonly bigint[], toNodeId))
}
