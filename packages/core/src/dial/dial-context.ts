import type { Clock, NodeId } from '@astranet/interface'
import { invalidReturn } from '@astranet/interface/check'
import { LinkedList, type Linked } from '@astranet/interface/collections'
import type { Link } from '@astranet/link'
import {
  hashRing,
  passing,
  randomChoice,
  type Catalogue,
  type Selector,
  type ServiceInstance,
} from '@astranet/registry'
import type { AccessControl } from '../access/access-control.js'
import type { Offers } from '../access/offers.js'
import type { CheckedDialOptions, DialScope } from '../api/dial-options.js'
import type { DialPath } from '../links/link-path.js'
import type { LinkSource } from '../links/link-source.js'
import type { AdmittedIdentity } from '../links/remote-identity.js'
import type { Wants } from '../discovery/wants.js'
import type { PortTable } from '../listen/port-table.js'
import type { Origin } from '../node/origin.js'
import type { SocketFactory } from '../node/socket-factory.js'
import type { AvoidedInstances } from './avoided-instances.js'
import type { ChangeWaiters } from './change-waiters.js'
import { ChoiceContext, type LinksToMeasure } from './choice-context.js'
import type { DialReports } from './dial-reports.js'
import type { Loopback } from './loopback.js'
import { namesInUrl, UrlNames } from './url-names.js'

/** @internal What dialing needs of its node. */
export interface DialParts<TSocket> {
  readonly factory: SocketFactory<TSocket>
  readonly self: NodeId
  readonly clock: Clock
  readonly catalogue: Catalogue
  readonly links: LinkSource
  /** Why this node may not see a node or service of its network; `undefined`: for no reason of its own. */
  readonly whyUnseen: () => string | undefined
  readonly ports: PortTable
  readonly loopback: Loopback
  readonly access: AccessControl
  readonly offers: Offers
  readonly identityOf: (link: Link) => AdmittedIdentity | undefined
  /** Calls that wait for a service or a link, and others that wait for services. */
  readonly waiters: ChangeWaiters
  readonly wants: Wants
  /** Instances that dials have failed at. */
  readonly avoided: AvoidedInstances
  /** Where this node runs; `''` when it does not say it. */
  readonly zone: string
  readonly measured: LinksToMeasure
  readonly reports: DialReports
}

/** @internal Which instances of a service a call may ask. */
export interface Wanted {
  readonly service: string
  readonly port: number | undefined
  readonly scope: DialScope
  readonly path: DialPath
  /** Instances that have refused: none is asked twice. */
  readonly refusedBy: ReadonlySet<ServiceInstance> | undefined
  /** A node that is asked already, and may be silent with all its instances. */
  readonly besides: NodeId | undefined
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
  /** Oldest first. */
  readonly inFlight: LinkedList<CallInFlight> = new LinkedList()
  readonly #urlNames: UrlNames
  readonly #random = randomChoice()
  readonly #ring = hashRing()

  constructor(parts: DialParts<unknown>) {
    this.parts = parts
    this.#urlNames = new UrlNames(parts.catalogue)
  }

  /** Nothing is dialed any more. */
  close(): void {
    this.#urlNames.close()
    this.parts.avoided.close()
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

  /** The network is asked for a name that is dialed, if this node does not hear of all. */
  want(service: string, { environment, hasUrlNames }: DialScope): void {
    const names = hasUrlNames === true ? namesInUrl(service) : [service]
    for (const name of names) this.parts.wants.use(environment, name)
  }

  /** Picks an instance that can be asked now, or `undefined`. */
  select(wanted: Wanted, options: CheckedDialOptions): ServiceInstance | undefined {
    const known = this.#known(wanted)
    const [first] = known
    // Without a selector of the caller there is nothing to choose from one.
    const isSingle = known.length === 1 && options.selector === undefined
    if (first === undefined || isSingle)
      return first !== undefined && this.#canAsk(first, wanted) ? first : undefined
    const candidates = this.#candidates(known, wanted)
    if (candidates.length === 0 || (candidates.length === 1 && options.selector === undefined))
      return candidates[0]
    const good = this.parts.avoided.filter(passing(candidates))
    const picked = this.#pick(good, wanted, options)
    if (picked === undefined || good.includes(picked)) return picked
    // For example one that has refused: asking it again and again would never end.
    throw invalidReturn('one of the instances it is given, or undefined,', 'selector', picked)
  }

  /** How many instances could be asked now: the caller's selector has picked none of them. */
  passedOver(wanted: Wanted): number {
    return this.#candidates(this.#known(wanted), wanted).length
  }

  /** Instances of the service that could be dialed if there were a link to their nodes. */
  unreachable(wanted: Wanted): readonly ServiceInstance[] {
    const { self, links } = this.parts
    const { path } = wanted
    return this.#known(wanted).filter(({ nodeId }) => nodeId !== self && !links.canReach(nodeId, path))
  }

  /** Whether the service is offered, and never at the port that is asked for. */
  hasOtherPorts(wanted: Wanted): boolean {
    return this.#known(wanted).length === 0 && this.#known({ ...wanted, port: undefined }).length > 0
  }

  /** Whether the catalogue still has an instance that refused. */
  hasRefuser(wanted: Wanted): boolean {
    const { refusedBy } = wanted
    return refusedBy !== undefined && this.#known(wanted).some((each) => refusedBy.has(each))
  }

  /** The instances that the call's node knows and that their nodes may offer. */
  #known({ scope, service, port }: Wanted): readonly ServiceInstance[] {
    const { offers } = this.parts
    return offers.resolve(scope.environment, service, scope.isPortKey === true ? undefined : port)
  }

  #candidates(known: readonly ServiceInstance[], wanted: Wanted): ServiceInstance[] {
    return known.filter((each) => this.#canAsk(each, wanted))
  }

  #pick(
    good: readonly ServiceInstance[],
    { scope, port, origin }: Wanted,
    { selector, key = scope.ringKey }: CheckedDialOptions,
  ): ServiceInstance | undefined {
    const isRing = scope.ringKey !== undefined || scope.isPortKey === true
    const pick: Selector = selector ?? (isRing ? this.#ring : this.#random)
    const { zone, measured } = this.parts
    return origin.runInAsyncScope(pick, undefined, good, new ChoiceContext({ key, port, zone }, measured))
  }

  #canAsk(instance: ServiceInstance, { scope, path, refusedBy, besides }: Wanted): boolean {
    if (instance.nodeId === besides || refusedBy?.has(instance) === true) return false
    const { self, links } = this.parts
    return instance.nodeId === self ? scope.hasLoopBack : links.canReach(instance.nodeId, path)
  }
}
