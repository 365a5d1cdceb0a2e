import { checkServiceName } from '@astranet/interface'
import type { ServiceInstance } from '@astranet/registry'
import type { Route } from '@astranet/relay'
import type { LookupRequest } from '../discovery/lookup.js'
import {
  checkResolveOptions,
  checkWaitForOptions,
  type CheckedLookupOptions,
  type ResolveOptions,
  type WaitForOptions,
} from '../discovery/lookup-options.js'
import { routesMapOf, serviceMapOf } from '../discovery/maps.js'
import type { RoutesMap } from '../discovery/routes-map.js'
import { checkServiceFilter, isMeant, type ServiceFilter } from '../discovery/service-filter.js'
import type { ServiceMap } from '../discovery/service-map.js'
import type { NodeHandle } from '../node/node-handle.js'
import { checkString } from './check.js'
import type { DialScope } from './dial-options.js'

/** What a program sees of the network through one view of its node: the part of `AstraNet` that finds services. */
export class DiscoveryView {
  readonly #handle: NodeHandle<unknown, unknown>
  readonly #scope: DialScope

  /** @internal */
  constructor(handle: NodeHandle<unknown, unknown>, scope: DialScope) {
    this.#handle = handle
    this.#scope = scope
  }

  /**
   * The services that are known now, in this environment: this node's own, and those of every node that can be reached,
   * of those that the policy lets them offer. A leaf knows those that it has asked for. Throws a TypeError or RangeError
   * that names what is wrong in `filter`.
   */
  services(filter: ServiceFilter = {}): ServiceInstance[] {
    checkServiceFilter(filter)
    this.#handle.use()
    const known = this.#handle.node?.discovery.visible(this.#scope).all() ?? []
    return known.filter((each) => isMeant(filter, each))
  }

  /** The same as a live map, by name, that can be watched. */
  serviceMap(): ServiceMap {
    this.#handle.use()
    return serviceMapOf(this.#handle, this.#scope)
  }

  /**
   * The instances of a service, by node id and port; none when nobody offers it. A leaf asks the network, and a node that
   * has just joined waits for what its neighbour sends; otherwise the answer is here already. `ETIMEDOUT`: the network did
   * not answer in time. `ECONNABORTED`: this node was closed meanwhile. Rejects with the signal's reason when that
   * aborts.
   */
  async resolve(name: string, options: ResolveOptions = {}): Promise<ServiceInstance[]> {
    const checked = checkResolveOptions(options)
    return await this.#handle.pending(this.#look('resolve', name, { ...checked, count: undefined }))
  }

  /**
   * Waits until `count` instances of a service are there whose health is passing, and resolves with all that are. It
   * asks the network meanwhile. Errors are those of {@link resolve}; `ETIMEDOUT`: there were fewer in time.
   */
  async waitFor(name: string, options: WaitForOptions = {}): Promise<ServiceInstance[]> {
    return await this.#handle.pending(this.#look('waitFor', name, checkWaitForOptions(options)))
  }

  /**
   * The other nodes that can be reached now, nearest first. A leaf knows its neighbours, and the nodes whose services it
   * has asked for.
   */
  routes(): Route[] {
    this.#handle.use()
    return this.#handle.node?.routes.routes() ?? []
  }

  /** The same as a live map, by node id, that can be watched. */
  routesMap(): RoutesMap {
    this.#handle.use()
    return routesMapOf(this.#handle)
  }

  async #look(
    syscall: LookupRequest['syscall'],
    name: string,
    options: CheckedLookupOptions & Pick<LookupRequest, 'count'>,
  ): Promise<ServiceInstance[]> {
    checkServiceName(checkString('name', name))
    this.#handle.use()
    const node = this.#handle.node ?? (await this.#handle.made)
    node.checkOpen(syscall, name)
    const { environment } = this.#scope
    const visible = node.discovery.visible(this.#scope)
    return await node.discovery.look({ syscall, name, environment, visible, ...options })
  }
}
