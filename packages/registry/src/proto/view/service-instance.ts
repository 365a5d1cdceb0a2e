import type { NodeId } from '@astranet/interface'
import type { ServiceHealth } from '../model/record.js'

export type { ServiceHealth } from '../model/record.js'

/** A service that a node offers now: one place where it can be dialed. Frozen. */
export interface ServiceInstance {
  /** Services of different environments do not see each other. `''` by default. */
  readonly environment: string
  readonly name: string
  /** The virtual port at which its node listens for it. */
  readonly port: number
  /** The node that offers it. */
  readonly nodeId: NodeId
  /** Texts that the application chooses. */
  readonly tags: readonly string[]
  /** Its share of the choices among the instances of its name. 0 to 65,535; 0 is a standby. */
  readonly weight: number
  /** Where it runs, for example a data centre; `''` when that is not said. */
  readonly zone: string
  /** What runs there; `''` when that is not said. */
  readonly version: string
  /** A failing instance is listed, and chosen only when all instances of its name are failing. */
  readonly health: ServiceHealth
}

/**
 * A change of what is offered.
 * - `add`: `service` is offered, and was not before.
 * - `change`: `service` was offered already, as `before`; its tags, weight, zone, version or health changed.
 * - `remove`: `service`, as last reported, is not offered any more: its owner withdrew it or cannot be reached.
 */
export type ServiceChange =
  | { readonly kind: 'add'; readonly service: ServiceInstance }
  | { readonly kind: 'change'; readonly service: ServiceInstance; readonly before: ServiceInstance }
  | { readonly kind: 'remove'; readonly service: ServiceInstance }

/** What happened between two moments at one place; `undefined`: nothing. Absence is `undefined`. */
export function changeBetween(
  before: ServiceInstance | undefined,
  now: ServiceInstance | undefined,
): ServiceChange | undefined {
  if (now === undefined) return before && { kind: 'remove', service: before }
  if (before === undefined) return { kind: 'add', service: now }
  return isSameOffer(before, now) ? undefined : { kind: 'change', service: now, before }
}

/** Whether two instances at the same place are equal in all that their owner says about them. */
export function isSameOffer(a: ServiceInstance, b: ServiceInstance): boolean {
  if (a === b) return true
  if (a.weight !== b.weight || a.health !== b.health) return false
  if (a.zone !== b.zone || a.version !== b.version) return false
  return a.tags.length === b.tags.length && a.tags.every((tag, index) => tag === b.tags[index])
}

/** The order of the instances of a name: by node id and then by port, the same on all nodes. */
export function byNodeThenPort(a: ServiceInstance, b: ServiceInstance): number {
  if (a.nodeId !== b.nodeId) return a.nodeId < b.nodeId ? -1 : 1
  return a.port - b.port
}
