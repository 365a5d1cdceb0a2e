import type { Clock, NodeId } from '@astranet/interface'
import { roundRobin, type Catalogue, type ServiceInstance } from '@astranet/registry'
import { ChangeWaiters } from './change-waiters.js'
import type { DialCall } from './dial-call.js'
import type { CheckedDialOptions, DialScope } from '../api/dial-options.js'
import type { Loopback } from './loopback.js'
import type { Origin } from '../node/origin.js'
import type { Peers } from '../links/link-table.js'
import type { Platform } from '../node/platform.js'
import type { PortTable } from '../listen/port-table.js'
import { UrlNames } from './url-names.js'

/** @internal What dialing needs of its node. */
export interface DialParts<TSocket> {
  readonly platform: Platform<TSocket, unknown>
  readonly self: NodeId
  readonly clock: Clock
  readonly catalogue: Catalogue
  readonly peers: Peers
  readonly ports: PortTable
  readonly loopback: Loopback
}

/** @internal Which instances of a service a call may ask. */
export interface Wanted {
  readonly service: string
  readonly port: number | undefined
  readonly scope: DialScope
  /** Those that have refused: none is asked twice. */
  readonly refusedBy: ReadonlySet<ServiceInstance> | undefined
  /** Who dials: the selector is called there. */
  readonly origin: Origin
}

/** @internal What all dials of a node have in common: whom they can ask, and which are under way. */
export class DialContext<TSocket> {
  readonly parts: DialParts<TSocket>
  /** Calls that wait for a service or a node to be there. */
  readonly waiters: ChangeWaiters = new ChangeWaiters()
  readonly #urlNames: UrlNames
  readonly #roundRobin = roundRobin()
  /**
   * The calls under way, linked through their own fields. A `Set` would keep calls that are long over alive until the next
   * full garbage collection, because the tables it outgrows refer to each other.
   */
  #oldest: DialCall<TSocket> | undefined = undefined
  #youngest: DialCall<TSocket> | undefined = undefined
  /** Of the dial before. Held weakly, since a context holds whatever programs keep in it. */
  #latestOrigin: WeakRef<Origin> | undefined = undefined

  constructor(parts: DialParts<TSocket>) {
    this.parts = parts
    this.#urlNames = new UrlNames(parts.catalogue)
  }

  /** Nothing is dialed any more. */
  close(): void {
    this.#urlNames.close()
  }

  /** The names that a host in a URL can stand for: itself when it is known, otherwise those that a URL writes so. */
  namesOf(host: string, port: number | undefined, { environment }: DialScope): string[] {
    const { catalogue } = this.parts
    const isOffered = (name: string): boolean => catalogue.resolve(environment, name, port).length > 0
    return isOffered(host) ? [host] : this.#urlNames.named(environment, host).filter(isOffered)
  }

  /** Notes a call that is under way from now on. */
  begin(call: DialCall<TSocket>): void {
    const youngest = this.#youngest
    call.older = youngest
    if (youngest === undefined) this.#oldest = call
    else youngest.younger = call
    this.#youngest = call
  }

  /** Forgets a call that `begin` noted. Once only. */
  end(call: DialCall<TSocket>): void {
    const { older, younger } = call
    if (older === undefined) this.#oldest = younger
    else older.younger = younger
    if (younger === undefined) this.#youngest = older
    else younger.older = older
    call.older = undefined
    call.younger = undefined
  }

  /** The call that is under way the longest. */
  get oldest(): DialCall<TSocket> | undefined {
    return this.#oldest
  }

  /** Where the present caller's sockets come from. */
  origin(): Origin {
    const latest = this.#latestOrigin?.deref()
    const origin = this.parts.platform.callerOrigin(latest)
    if (origin !== latest) this.#latestOrigin = new WeakRef(origin)
    return origin
  }

  /** Picks an instance that can be asked now, or `undefined`. */
  select(wanted: Wanted, { selector, key }: CheckedDialOptions): ServiceInstance | undefined {
    const known = this.parts.catalogue.resolve(wanted.scope.environment, wanted.service, wanted.port)
    const first = known[0]
    if (first === undefined || known.length === 1) {
      return first !== undefined && this.#canAsk(first, wanted) ? first : undefined
    }
    const candidates = known.filter((each) => this.#canAsk(each, wanted))
    if (candidates.length <= 1) return candidates[0]
    const pick = selector ?? this.#roundRobin
    const picked = wanted.origin.runInAsyncScope(pick, undefined, candidates, key)
    if (picked === undefined || candidates.includes(picked)) return picked
    // One that has refused already, for example: asking it again and again would never end.
    throw new RangeError('selector must return one of the instances it is given, or undefined')
  }

  /** Whether the catalogue still has an instance that refused. */
  hasRefuser({ scope, service, port, refusedBy }: Wanted): boolean {
    const known = this.parts.catalogue.resolve(scope.environment, service, port)
    return refusedBy !== undefined && known.some((each) => refusedBy.has(each))
  }

  /** Whether there is a link that takes dials: one that ends or goes away stays for a while and takes none any more. */
  isDialable(nodeId: NodeId): boolean {
    return this.parts.peers.linkTo(nodeId)?.isDialable === true
  }

  #canAsk(instance: ServiceInstance, { scope, refusedBy }: Wanted): boolean {
    if (refusedBy?.has(instance) === true) return false
    return instance.nodeId === this.parts.self ? scope.hasLoopBack : this.isDialable(instance.nodeId)
  }
}
