import type { Clock, NodeId } from '@astranet/interface'
import { LinkedList, type Linked } from '@astranet/interface/collections'
import type { Link } from '@astranet/link'
import { roundRobin, type Catalogue, type ServiceInstance } from '@astranet/registry'
import type { AccessControl } from '../access/access-control.js'
import type { Offers } from '../access/offers.js'
import type { CheckedDialOptions, DialScope } from '../api/dial-options.js'
import type { LinkSource } from '../links/link-source.js'
import type { AdmittedIdentity } from '../links/remote-identity.js'
import type { PortTable } from '../listen/port-table.js'
import type { Origin } from '../node/origin.js'
import type { SocketFactory } from '../node/socket-factory.js'
import { ChangeWaiters } from './change-waiters.js'
import type { Loopback } from './loopback.js'
import { UrlNames } from './url-names.js'

/** @internal What dialing needs of its node. */
export interface DialParts<TSocket> {
  readonly factory: SocketFactory<TSocket>
  readonly self: NodeId
  readonly clock: Clock
  readonly catalogue: Catalogue
  readonly links: LinkSource
  readonly ports: PortTable
  readonly loopback: Loopback
  readonly access: AccessControl
  readonly offers: Offers
  readonly identityOf: (link: Link) => AdmittedIdentity | undefined
}

/** @internal Which instances of a service a call may ask. */
export interface Wanted {
  readonly service: string
  readonly port: number | undefined
  readonly scope: DialScope
  /** Instances that have refused: none is asked twice. */
  readonly refusedBy: ReadonlySet<ServiceInstance> | undefined
  /** The caller's context, in which the selector is called. */
  readonly origin: Origin
}

/** @internal A call that has not finished. */
export interface CallInFlight extends Linked<CallInFlight> {
  /** The address as the caller wrote it. */
  readonly text: string
  giveUp(reason: unknown): void
}

/** @internal What all dials of a node share: which instances they can ask, and which calls are in flight. */
export class DialContext {
  readonly parts: DialParts<unknown>
  /** Calls that wait for a service or a link. */
  readonly waiters: ChangeWaiters = new ChangeWaiters()
  /** Oldest first. */
  readonly inFlight: LinkedList<CallInFlight> = new LinkedList()
  readonly #urlNames: UrlNames
  readonly #roundRobin = roundRobin()
  /** Of the dial before. Held weakly, because a context holds everything that programs keep in it. */
  #latestOrigin: WeakRef<Origin> | undefined = undefined

  constructor(parts: DialParts<unknown>) {
    this.parts = parts
    this.#urlNames = new UrlNames(parts.catalogue)
  }

  /** Nothing is dialed any more. */
  close(): void {
    this.#urlNames.close()
  }

  /**
   * The names that a host in a URL can stand for: the name itself if it is known, otherwise those that a URL writes
   * so.
   */
  namesOf(host: string, port: number | undefined, { environment }: DialScope): string[] {
    const { offers } = this.parts
    const isOffered = (name: string): boolean => offers.resolve(environment, name, port).length > 0
    return isOffered(host) ? [host] : this.#urlNames.named(environment, host).filter(isOffered)
  }

  /** The origin of the sockets that the present caller dials. */
  origin(): Origin {
    const latest = this.#latestOrigin?.deref()
    const origin = this.parts.factory.callerOrigin(latest)
    if (origin !== latest) this.#latestOrigin = new WeakRef(origin)
    return origin
  }

  /** Picks an instance that can be asked now, or `undefined`. */
  select(wanted: Wanted, { selector, key }: CheckedDialOptions): ServiceInstance | undefined {
    const known = this.parts.offers.resolve(wanted.scope.environment, wanted.service, wanted.port)
    const first = known[0]
    if (first === undefined || known.length === 1) {
      return first !== undefined && this.#canAsk(first, wanted) ? first : undefined
    }
    const candidates = known.filter((each) => this.#canAsk(each, wanted))
    if (candidates.length <= 1) return candidates[0]
    const pick = selector ?? this.#roundRobin
    const picked = wanted.origin.runInAsyncScope(pick, undefined, candidates, key)
    if (picked === undefined || candidates.includes(picked)) return picked
    // For example one that has refused: asking it again and again would never end.
    throw new RangeError('selector must return one of the instances it is given, or undefined')
  }

  /** Whether the catalogue still has an instance that refused. */
  hasRefuser({ scope, service, port, refusedBy }: Wanted): boolean {
    const known = this.parts.offers.resolve(scope.environment, service, port)
    return refusedBy !== undefined && known.some((each) => refusedBy.has(each))
  }

  #canAsk(instance: ServiceInstance, { scope, refusedBy }: Wanted): boolean {
    if (refusedBy?.has(instance) === true) return false
    const { self, links } = this.parts
    return instance.nodeId === self ? scope.hasLoopBack : links.canReach(instance.nodeId)
  }
}
