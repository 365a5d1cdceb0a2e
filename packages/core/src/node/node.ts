import type { ByteDuplex, MemoryUse, NodeId } from '@astranet/interface'
import { checkBoolean } from '@astranet/interface/check'
import type { Link } from '@astranet/link'
import {
  type Catalogue,
  Outliers,
  type CatalogueRoleOptions,
  type ServiceChange,
  type Watch,
} from '@astranet/registry'
import { RouteTable } from '@astranet/relay'
import type { Explanation, Policy, PolicyQuestion } from '@astranet/policy'
import { AccessControl } from '../access/access-control.js'
import { endForbidden } from '../access/end-forbidden.js'
import { Offers } from '../access/offers.js'
import { PassingOn } from '../access/passing-on.js'
import { PolicyFailures } from '../access/policy-failures.js'
import type { BindOptions } from '../api/bind-options.js'
import type { JoinOptions } from '../api/join-options.js'
import type { TicketOptions } from '../api/ticket-options.js'
import type { ListenAndServeOptions } from '../api/listen-and-serve-options.js'
import { checkOptions } from '../api/check.js'
import { NetError, nodeClosed } from '../api/net-error.js'
import type { SetPolicyOptions } from '../api/policy-options.js'
import { ChangeWaiters } from '../dial/change-waiters.js'
import { Dialer } from '../dial/dialer.js'
import { Loopback } from '../dial/loopback.js'
import { Discovery } from '../discovery/discovery.js'
import type { Endpoint } from '../endpoints/endpoint.js'
import { EndpointReports } from '../endpoints/endpoint-reports.js'
import { Endpoints } from '../endpoints/endpoints.js'
import type { LinkRecord } from '../links/link-record.js'
import { leave } from '../links/leaving.js'
import { LinkSource } from '../links/link-source.js'
import { Neighbours } from '../links/neighbours.js'
import type { PreferredLinks } from '../links/preferred-links.js'
import { RegistryReports } from '../links/registry-reports.js'
import { ownIdentity } from '../links/remote-identity.js'
import { Binder } from '../listen/binder.js'
import { PortTable } from '../listen/port-table.js'
import { streamTakers } from '../listen/stream-takers.js'
import { inspectLinks, type NodeInspection } from './inspection.js'
import type { NodeOptions } from './node-options.js'
import { ownCatalogue } from './own-catalogue.js'
import type { Platform } from './platform.js'
import { TicketMaker } from './ticket-maker.js'
import { transportFor } from './transport-for.js'

/** @internal One node: puts the parts together. It knows no protocol; each part knows its own. */
export class Node<TSocket, TListener> {
  readonly id: NodeId
  /** The public key of which {@link id} is a hash. */
  readonly publicKey: Uint8Array
  readonly catalogue: Catalogue
  readonly routes: RouteTable
  readonly dialer: Dialer<TSocket>
  readonly offers: Offers
  readonly discovery: Discovery
  readonly #access: AccessControl
  readonly #options: NodeOptions
  readonly #neighbours: Neighbours
  readonly #endpoints: Endpoints
  readonly #tickets: TicketMaker
  readonly #ports: PortTable = new PortTable(Math.random)
  readonly #binder: Binder<TSocket, TListener>
  readonly #loopback: Loopback
  readonly #services: Watch<ServiceChange>
  /** From the first line of `close` on. */
  #isClosed = false
  #closing: Promise<void> | undefined = undefined

  constructor(options: NodeOptions, platform: Platform<TSocket, TListener>) {
    const { clock } = options
    const { nodeId: self, publicKey } = options.identity
    this.#options = options
    const access = new AccessControl({
      own: ownIdentity(options.identity),
      engine: options.policy,
      failures: new PolicyFailures(platform),
    })
    this.#access = access
    this.id = self
    this.publicKey = publicKey
    const passingOn = new PassingOn({
      access,
      neighbour: (nodeId) => neighbours.identityOf(nodeId),
      onWithheld: (nodeId) => reports.withheld(nodeId),
    })
    const catalogue = ownCatalogue({
      ...{ options, signatures: platform.signatures },
      onWork: () => neighbours.sync.schedule(),
      mayPassOn: (_to, owner, services) => passingOn.isAllowed(owner, services),
    })
    const reports = new RegistryReports({ catalogue, reporter: platform })
    this.catalogue = catalogue
    this.routes = new RouteTable(catalogue)
    const ports = this.#ports
    const recordOf = (link: Link): LinkRecord | undefined => neighbours.table.recordOf(link)
    const neighbours: Neighbours = new Neighbours({
      ...{ options, platform, catalogue, access, reports },
      addresses: () => this.#endpoints.addresses,
      streams: streamTakers({ self, ports, access, recordOf }),
      transportFor: this.#transport.bind(this),
      onPreferred: () => this.#onOffers(),
      checkOpen: this.checkOpen.bind(this),
    })
    this.#neighbours = neighbours
    const { preferred, table, maker, sync } = neighbours
    const waiters = new ChangeWaiters()
    const loopback = new Loopback({ clock, limits: options.sessionLimits, access })
    this.#loopback = loopback
    const offers = new Offers({ self, catalogue, access, neighbour: neighbours.identityOf.bind(neighbours) })
    this.offers = offers
    this.discovery = new Discovery({
      ...{ self, catalogue, offers, routes: this.routes, clock, waiters },
      onChange: () => sync.schedule(),
    })
    this.dialer = new Dialer({
      ...{ factory: platform, self, clock, catalogue, ports, loopback, access, offers, waiters },
      ...{ links: new LinkSource(preferred), identityOf: table.identityOf.bind(table) },
      ...{ wants: this.discovery.wants, outliers: new Outliers(), zone: options.zone },
      measured: { self, linkTo: preferred.linkTo.bind(preferred) },
    })
    this.#binder = new Binder({
      ...{ factory: platform, self, ports, catalogue, access, zone: options.zone },
      ...{ clock, reporter: platform },
      onChange: () => sync.schedule(),
    })
    this.#endpoints = new Endpoints({
      ...{ maker, hasSecret: options.psk !== undefined },
      reports: new EndpointReports(platform),
      hostAddresses: platform.hostAddresses,
      onChange: () => this.#publishNode(),
    })
    const { identity, secret, psk } = options
    this.#tickets = new TicketMaker({ identity, secret, psk, addresses: () => this.#endpoints.addresses })
    this.#services = catalogue.watch(() => clock.defer(() => this.#onServices()))
    this.#publishNode()
  }

  /** Which link to each neighbour is used. */
  get preferred(): PreferredLinks {
    return this.#neighbours.preferred
  }

  /** Changes what the node does for the network. Only before it has neighbours. */
  setRole(role: CatalogueRoleOptions): void {
    this.catalogue.setRole(role)
    this.#publishNode()
  }

  /** How attached Node streams use memory. */
  get memory(): MemoryUse {
    return this.#options.memory
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  bind(text: string, environment: string, options: BindOptions): TListener {
    this.checkOpen('bind', text)
    return this.#binder.bind(text, environment, options)
  }

  async listenAndServe(network: string, address: string, options: ListenAndServeOptions): Promise<Endpoint> {
    this.checkOpen('listen', address)
    return await this.#endpoints.listen(this.#transport(network), { network, address }, options)
  }

  /** Whether one of this node's transports has the network. */
  hasNetwork(network: string): boolean {
    return this.#options.transports.some(({ networks }) => networks.includes(network))
  }

  async join(network: string, address: string, options: JoinOptions): Promise<NodeId> {
    this.checkOpen('join', address)
    return await this.#neighbours.join(network, address, options)
  }

  async joinByTicket(ticket: string, options: JoinOptions): Promise<NodeId> {
    // A ticket is as secret as what is in it, so it is never shown.
    this.checkOpen('join', '')
    return await this.#neighbours.joinByTicket(ticket, options)
  }

  /** A ticket that lets others join this node. */
  async ticket(options: TicketOptions): Promise<string> {
    this.checkOpen('ticket', '')
    return await this.#tickets.make(options)
  }

  attach(duplex: ByteDuplex, signal: AbortSignal | undefined): Promise<NodeId> {
    return this.#neighbours.attach(duplex, signal)
  }

  /** See `AstraNet.setPolicy`. Without a policy all is allowed. */
  async setPolicy(policy: Policy | undefined, options: SetPolicyOptions): Promise<void> {
    const { endForbidden: isEnding = false } = checkOptions(options)
    checkBoolean('endForbidden', isEnding)
    const before = this.#access.snapshot()
    this.#access.replace(policy)
    // A call may wait for a service that may be offered now.
    this.#onOffers()
    if (!isEnding) return
    const { clock, helloTimeoutMs: patienceMs } = this.#options
    const { table } = this.#neighbours
    const parts = {
      ...{ ports: this.#ports, clock, patienceMs },
      admitted: table.admitted.bind(table),
      end: table.refuse.bind(table),
    }
    await endForbidden(parts, before, this.#access)
  }

  /** See `AstraNet.explain`. */
  explain(question: PolicyQuestion, signal: AbortSignal | undefined): Promise<Explanation> {
    return this.#access.explain(question, signal)
  }

  /** See `AstraNet.inspect`. */
  inspect(): NodeInspection {
    const { table, preferred } = this.#neighbours
    const registry = this.catalogue.inspect()
    return { nodeId: this.id, registry, links: inspectLinks(table, preferred) }
  }

  /** Closes all parts; resolves when they have closed. Idempotent. */
  close(): Promise<void> {
    this.#isClosed = true
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Throws when the node is closed. */
  checkOpen(syscall: string, address: string): void {
    if (this.isClosed) throw new NetError('ERR_SOCKET_CLOSED', 'this node is closed', { syscall, address })
  }

  async #close(): Promise<void> {
    const { joins, sync, table, preferred } = this.#neighbours
    joins.stop(({ targets }) => nodeClosed('join', targets[0]?.address ?? ''))
    this.dialer.close()
    for (const queue of this.#ports.all()) queue.close()
    this.discovery.close()
    this.#services.close()
    const { catalogue } = this
    const leaving = leave({ catalogue, sync, preferred, clock: this.#options.clock })
    if (leaving === undefined) this.#closeRegistry()
    else void leaving.then(() => this.#closeRegistry())
    await Promise.all([this.#endpoints.close(), table.close(leaving), this.#loopback.close()])
  }

  #closeRegistry(): void {
    this.#neighbours.sync.close()
    this.catalogue.close()
  }

  #publishNode(): void {
    // A node that leaves has withdrawn where it listens.
    if (this.#isClosed) return
    this.catalogue.setNode({ roles: [], addresses: this.#endpoints.addresses })
    this.#neighbours.sync.schedule()
  }

  /** Who may offer what has changed, or which nodes can be dialed. */
  #onOffers(): void {
    this.offers.changed()
    this.dialer.changed()
  }

  #onServices(): void {
    // The changes themselves do not matter: a service that went and came back within a turn is no change, but a call
    // may wait for it.
    this.#services.take()
    this.dialer.changed()
  }

  #transport(network: string): ReturnType<typeof transportFor> {
    return transportFor(this.#options.transports, network)
  }
}
