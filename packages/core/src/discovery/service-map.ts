import { checkServiceName } from '@astranet/interface'
import type { ServiceChange, ServiceInstance } from '@astranet/registry'
import { checkOptions, checkSignal } from '../api/check.js'
import type { ChangeIterator } from './change-iterator.js'
import { LiveMap } from './live-map.js'

/** How a map is watched. */
export interface WatchOptions {
  /** Ends the iteration when it aborts: the next step rejects with the signal's reason. */
  signal?: AbortSignal
}

/** How services are watched. */
export interface WatchServicesOptions extends WatchOptions {
  /** Only the service of this name. A leaf then asks the network for that name only. Default: all services. */
  name?: string
}

/** @internal What a map of services reads. */
export interface ServiceMapParts {
  /** The instances of a name. */
  readonly named: (name: string) => readonly ServiceInstance[]
  /** All instances. */
  readonly all: () => readonly ServiceInstance[]
  readonly watch: (name: string | undefined, signal: AbortSignal | undefined) => ChangeIterator<ServiceChange>
}

/**
 * The services that can be seen now, by name: the instances of each, by node id and port. What it shows is what
 * `services()` shows, at the moment of each call; a lookup by name costs the same however many services there are, while
 * `size` and iterations go over all of them.
 *
 * A leaf shows the names that it has asked for, which reading does not do: `watch`, `resolve`, `waitFor` and dials ask.
 */
export class ServiceMap extends LiveMap<string, readonly ServiceInstance[]> {
  readonly #parts: ServiceMapParts

  /** @internal */
  constructor(parts: ServiceMapParts) {
    super()
    this.#parts = parts
  }

  /** How many names there are. */
  get size(): number {
    return new Set(this.#parts.all().map(({ name }) => name)).size
  }

  /** The instances of a service; `undefined` when there is none. */
  get(name: string): readonly ServiceInstance[] | undefined {
    const instances = typeof name === 'string' ? this.#parts.named(name) : []
    return instances.length === 0 ? undefined : instances
  }

  /**
   * Watches the services: first reports each instance that there is (`'add'`), then each change of one (`'add'`,
   * `'change'` of tags, weight, zone, version or health, `'remove'`), once and in order. Changes that the program is too
   * slow for are joined: it gets the result of several changes of an instance, and nothing when the instance is what
   * it was; what waits takes one place per instance. On a leaf it asks the network for all services, or for `name`, as
   * long as it lasts. It begins with the first step of the iteration, and ends when the loop is left, when the node is
   * closed, and with an error when `signal` aborts.
   */
  watch(options: WatchServicesOptions = {}): ChangeIterator<ServiceChange> {
    const { name } = checkOptions('options', options, { name: true, signal: true })
    if (name !== undefined) checkServiceName(name)
    const signal = checkSignal(options.signal)
    signal?.throwIfAborted()
    return this.#parts.watch(name, signal)
  }

  protected snapshot(): Map<string, readonly ServiceInstance[]> {
    const names = new Set(this.#parts.all().map(({ name }) => name))
    return new Map([...names].map((name) => [name, this.#parts.named(name)]))
  }
}
