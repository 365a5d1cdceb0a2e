import type { Clock, NodeId } from '@astranet/interface'
import type { Catalogue, ServiceInstance } from '@astranet/registry'
import type { RouteTable } from '@astranet/relay'
import type { Offers } from '../access/offers.js'
import type { DialScope } from '../api/dial-options.js'
import { nodeClosed } from '../api/net-error.js'
import type { ChangeWaiters } from '../dial/change-waiters.js'
import { Lookup, type LookupRequest } from './lookup.js'
import { VisibleServices } from './visible-services.js'
import { Wants } from './wants.js'

/** @internal What discovery needs of its node. */
export interface DiscoveryParts {
  readonly self: NodeId
  readonly catalogue: Catalogue
  readonly offers: Offers
  readonly routes: RouteTable
  readonly clock: Clock
  /** Woken when services, or who may offer them, have changed. */
  readonly waiters: ChangeWaiters
  /** What this node asks of the network has changed. */
  readonly onChange: () => void
}

/** What a node's program finds out about services and routes: lookups, watches, and what is asked of the network. */
export class Discovery {
  readonly wants: Wants
  readonly routes: RouteTable
  readonly clock: Clock
  readonly #parts: DiscoveryParts
  /** Lookups that have not finished. */
  readonly #pending = new Set<Lookup>()
  /** What ends each watch that is open. */
  readonly #open = new Set<() => void>()
  #isClosed = false

  constructor(parts: DiscoveryParts) {
    this.#parts = parts
    this.routes = parts.routes
    this.clock = parts.clock
    this.wants = new Wants(parts)
  }

  /** What a view sees. */
  visible(scope: DialScope): VisibleServices {
    return new VisibleServices(this.#parts, scope)
  }

  /** See {@link Lookup}. */
  look(request: LookupRequest): Promise<ServiceInstance[]> {
    const { clock, waiters } = this.#parts
    const parts = { clock, waiters, wants: this.wants, pending: this.#pending }
    return new Promise((resolve, reject) => void new Lookup(parts, request, { resolve, reject }))
  }

  /** A watch is open. The result is called when it ends; `close` is called when the node is closed. */
  opened(close: () => void): () => void {
    if (this.#isClosed) close()
    else this.#open.add(close)
    return () => void this.#open.delete(close)
  }

  /** The node is closed: watches end, and lookups fail. Idempotent. */
  close(): void {
    this.#isClosed = true
    for (const close of this.#open) close()
    for (const lookup of this.#pending) lookup.reject(nodeClosed(lookup.syscall, lookup.name))
    this.wants.close()
  }
}
