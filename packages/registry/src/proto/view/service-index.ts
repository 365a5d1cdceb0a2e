import { formatNodeId, type NodeId } from '@astranet/interface'
import type { ServiceFilter } from '../model/catalogue-options.js'
import { keyText, type ServiceRecord } from '../model/record.js'
import { ObservedMap, type Watch } from './watch.js'

/** A service that a node offers now: one place where it can be dialed. */
export interface ServiceInstance {
  readonly environment: string
  readonly name: string
  readonly port: number
  /** The node that offers it. */
  readonly nodeId: NodeId
  readonly tags: readonly string[]
  readonly weight: number
}

/**
 * A change of what is offered.
 * - `offered`: `service` is newly offered, or its tags or weight have changed.
 * - `withdrawn`: `service`, as last reported, is not offered any more: its owner withdrew it or cannot be reached.
 */
export interface ServiceChange {
  readonly kind: 'offered' | 'withdrawn'
  readonly service: ServiceInstance
}

const NONE: readonly ServiceInstance[] = Object.freeze([])

interface NameGroup {
  readonly instances: Map<string, ServiceInstance>
  /**
   * Sorted when it is read, not at each change, so that adding many instances of one name is cheap. Never changed
   * afterwards, so that a reader may keep it.
   */
  sorted: readonly ServiceInstance[] | undefined
}

/** The services that are offered now, by name: what reads and watches see. */
export class ServiceIndex {
  readonly #byKey: ObservedMap<ServiceInstance, ServiceChange> = new ObservedMap({
    isSame: isSameInstance,
    change: (before, now) =>
      now === undefined
        ? { kind: 'withdrawn', service: before as ServiceInstance }
        : { kind: 'offered', service: now },
  })
  readonly #byName = new Map<string, NameGroup>()

  /** See `Catalogue.services`. */
  list({ environment, name }: ServiceFilter): ServiceInstance[] {
    const found: ServiceInstance[] = []
    for (const service of this.#byKey.values()) {
      if (environment !== undefined && service.environment !== environment) continue
      if (name === undefined || service.name === name) found.push(service)
    }
    return found
  }

  /** See `Catalogue.resolve`. */
  resolve(environment: string, name: string, port: number | undefined): readonly ServiceInstance[] {
    const instances = this.#named(environment, name)
    return port === undefined ? instances : instances.filter((each) => each.port === port)
  }

  /** `record` is offered by `nodeId`. */
  add(nodeId: NodeId, record: ServiceRecord): void {
    const { environment, name, port, tags, weight } = record
    const instance = Object.freeze({ environment, name, port, nodeId, tags, weight })
    const key = instanceText(nodeId, record)
    this.#byKey.set(key, instance)
    const text = nameText(environment, name)
    const group = this.#byName.get(text) ?? { instances: new Map(), sorted: undefined }
    this.#byName.set(text, group)
    group.instances.set(key, instance)
    group.sorted = undefined
  }

  /** `record` is not offered by `nodeId` any more. */
  remove(nodeId: NodeId, record: ServiceRecord): void {
    const key = instanceText(nodeId, record)
    this.#byKey.set(key, undefined)
    const text = nameText(record.environment, record.name)
    const group = this.#byName.get(text)
    if (group === undefined) return
    group.instances.delete(key)
    group.sorted = undefined
    if (group.instances.size === 0) this.#byName.delete(text)
  }

  /** Calls watchers, see `ObservedMap.notify`. */
  notify(): void {
    this.#byKey.notify()
  }

  /** See `ObservedMap.watch`. */
  watch(onPending: () => void): Watch<ServiceChange> {
    return this.#byKey.watch(onPending)
  }

  /** The instances of one name, by node id and then port. */
  #named(environment: string, name: string): readonly ServiceInstance[] {
    const group = this.#byName.get(nameText(environment, name))
    if (group === undefined) return NONE
    group.sorted ??= Object.freeze([...group.instances.values()].sort(byNodeThenPort))
    return group.sorted
  }
}

function isSameInstance(a: ServiceInstance, b: ServiceInstance): boolean {
  return (
    a.weight === b.weight && a.tags.length === b.tags.length && a.tags.every((tag, i) => tag === b.tags[i])
  )
}

function byNodeThenPort(a: ServiceInstance, b: ServiceInstance): number {
  if (a.nodeId !== b.nodeId) return a.nodeId < b.nodeId ? -1 : 1
  return a.port - b.port
}

function nameText(environment: string, name: string): string {
  return `${environment}\0${name}`
}

function instanceText(nodeId: NodeId, record: ServiceRecord): string {
  return `${formatNodeId(nodeId)}\0${keyText(record)}`
}
