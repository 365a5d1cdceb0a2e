import type { ServiceFilter } from '../model/catalogue-options.js'
import {
  replaceInstance,
  sizeOf,
  sortedOf,
  type NameInstances,
  type SortedInstances,
} from './name-instances.js'
import { isSameOffer, type ServiceChange, type ServiceInstance } from './service-instance.js'
import { ServiceWatches } from './service-watches.js'
import type { Watch } from './watch.js'

const NONE: SortedInstances = Object.freeze([])

/** What the view takes of the heap without the instances: upper bounds, which `test/view-memory.test.ts` measures. */
const BYTES = { environment: 240, name: 90, instance: 40 } as const

/** The instances of one environment, by name. */
type Names = Map<string, NameInstances>

/**
 * The services that are offered now: what reads and watches see. Services are found by environment and then by name,
 * and nothing about one environment costs anything for others.
 */
export class ServiceView {
  readonly #environments = new Map<string, Names>()
  readonly #watches: ServiceWatches = new ServiceWatches()
  #size = 0
  #nameCount = 0

  /** The heap that the view takes beside the instances themselves, in bytes. Watches are not counted. */
  get heldBytes(): number {
    return (
      this.#size * BYTES.instance + this.#nameCount * BYTES.name + this.#environments.size * BYTES.environment
    )
  }

  /** How many services are offered. */
  get size(): number {
    return this.#size
  }

  /** `instance` is offered, in place of what its node offered under the same environment, name and port. */
  set(instance: ServiceInstance): void {
    this.#replace(instance, instance)
  }

  /** What the node of `instance` offers under the same environment, name and port is not offered any more. */
  delete(instance: ServiceInstance): void {
    this.#replace(instance, undefined)
  }

  /** See `Catalogue.services`. */
  list(filter: ServiceFilter): ServiceInstance[] {
    const { environment, name } = filter
    const found: ServiceInstance[] = []
    const environments =
      environment === undefined ? this.#environments.values() : [this.#environments.get(environment)]
    for (const each of environments) {
      const lists = name === undefined ? each?.values() : [each?.get(name) ?? NONE]
      for (const instances of lists ?? []) for (const instance of sortedOf(instances)) found.push(instance)
    }
    return found
  }

  /** See `Catalogue.resolve`. */
  resolve(environment: string, name: string, port: number | undefined): SortedInstances {
    const found = this.#environments.get(environment)?.get(name)
    if (found === undefined) return NONE
    const instances = sortedOf(found)
    return port === undefined ? instances : Object.freeze(instances.filter((each) => each.port === port))
  }

  /** See `Catalogue.watch`. */
  watch(onPending: () => void, filter: ServiceFilter = {}): Watch<ServiceChange> {
    const { environment, name } = filter
    const kept = { ...(environment !== undefined && { environment }), ...(name !== undefined && { name }) }
    return this.#watches.watch(kept, onPending, () => this.list(kept))
  }

  /** Calls watchers that have something to take. Called at the end of each call that may have changed something. */
  notify(): void {
    this.#watches.notify()
  }

  #replace(place: ServiceInstance, now: ServiceInstance | undefined): void {
    const names = this.#environments.get(place.environment) ?? new Map<string, NameInstances>()
    const { before, instances } = replaceInstance(names.get(place.name) ?? NONE, place, now)
    if (before === now) return
    this.#size += Number(now !== undefined) - Number(before !== undefined)
    this.#nameCount -= names.size
    if (sizeOf(instances) > 0) names.set(place.name, instances)
    else names.delete(place.name)
    this.#nameCount += names.size
    if (names.size > 0) this.#environments.set(place.environment, names)
    else this.#environments.delete(place.environment)
    if (before === undefined || now === undefined || !isSameOffer(before, now))
      this.#watches.note(before, now)
  }
}
