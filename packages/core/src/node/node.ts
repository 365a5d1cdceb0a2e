import type { ByteDuplex, MemoryUse, NodeId } from '@astranet/interface'
import { checkBoolean } from '@astranet/interface/check'
import type { Catalogue, CatalogueRoleOptions, ServiceChange, Watch } from '@astranet/registry'
import type { RouteTable } from '@astranet/relay'
import type { Explanation, Policy, PolicyQuestion } from '@astranet/policy'
import { endForbidden } from '../access/end-forbidden.js'
import type { Offers } from '../access/offers.js'
import type { BindOptions } from '../api/bind-options.js'
import type { JoinOptions } from '../api/join-options.js'
import type { TicketOptions } from '../api/ticket-options.js'
import type { ListenAndServeOptions } from '../api/listen-and-serve-options.js'
import { checkOptions } from '../api/check.js'
import { NetError } from '../api/net-error.js'
import type { SetPolicyOptions } from '../api/policy-options.js'
import type { Dialer } from '../dial/dialer.js'
import type { Discovery } from '../discovery/discovery.js'
import type { Endpoint } from '../endpoints/endpoint.js'
import type { PreferredLinks } from '../links/preferred-links.js'
import type { QueueOptions } from '../listen/binder.js'
import type { ListenerQueue } from '../listen/listener-queue.js'
import type { PortTable } from '../listen/port-table.js'
import { Closing } from './closing.js'
import { inspectLinks, inspectTraffic, type NodeInspection } from './inspection.js'
import type { NodeOptions } from './node-options.js'
import { nodeParts, type NodeParts } from './node-parts.js'
import type { Platform } from './platform.js'
import { transportFor } from './transport-for.js'

/** @internal One node: opens and closes its parts. It knows no protocol; each part knows its own. */
export class Node<TSocket, TListener> {
  readonly id: NodeId
  /** The public key of which {@link id} is a hash. */
  readonly publicKey: Uint8Array
  readonly catalogue: Catalogue
  readonly routes: RouteTable
  readonly dialer: Dialer<TSocket>
  readonly offers: Offers
  readonly discovery: Discovery
  readonly #options: NodeOptions
  readonly #parts: NodeParts<TSocket, TListener>
  readonly #services: Watch<ServiceChange>
  readonly #closing: Closing<TSocket, TListener>

  constructor(options: NodeOptions, platform: Platform<TSocket, TListener>) {
    this.#options = options
    this.id = options.identity.nodeId
    this.publicKey = options.identity.publicKey
    const parts = nodeParts(options, platform, {
      transportFor: this.#transport.bind(this),
      onOffers: () => this.#onOffers(),
      onAddresses: () => this.#publishNode(),
      checkOpen: this.checkOpen.bind(this),
    })
    this.#parts = parts
    this.catalogue = parts.catalogue
    this.routes = parts.routes
    this.dialer = parts.dialer
    this.offers = parts.offers
    this.discovery = parts.discovery
    const { clock } = options
    this.#services = parts.catalogue.watch(() => clock.defer(() => this.#onServices()))
    this.#closing = new Closing({ parts, clock, onBegin: () => this.#services.close() })
    this.#publishNode()
  }

  /** Which link to each neighbour is used. */
  get preferred(): PreferredLinks {
    return this.#parts.neighbours.preferred
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
    return this.#closing.isBegun
  }

  bind(text: string, environment: string, options: BindOptions): TListener {
    this.checkOpen('bind', text)
    return this.#parts.binder.bind(text, environment, options)
  }

  /** `bind` for a caller that has sockets and listeners of its own. */
  bindQueue<T>(text: string, environment: string, options: QueueOptions<T>): ListenerQueue<T> {
    this.checkOpen('bind', text)
    return this.#parts.binder.bindQueue(text, environment, options)
  }

  /** What is bound to which port. */
  get ports(): PortTable {
    return this.#parts.ports
  }

  async listenAndServe(network: string, address: string, options: ListenAndServeOptions): Promise<Endpoint> {
    this.checkOpen('listen', address)
    return await this.#parts.endpoints.listen(this.#transport(network), { network, address }, options)
  }

  /** Whether one of this node's transports has the network. */
  hasNetwork(network: string): boolean {
    return this.#options.transports.some(({ networks }) => networks.includes(network))
  }

  async join(network: string, address: string, options: JoinOptions): Promise<NodeId> {
    this.checkOpen('join', address)
    return await this.#parts.neighbours.join(network, address, options)
  }

  async joinByTicket(ticket: string, options: JoinOptions): Promise<NodeId> {
    // A ticket is as secret as what is in it, so it is never shown.
    this.checkOpen('join', '')
    return await this.#parts.neighbours.joinByTicket(ticket, options)
  }

  /** A ticket that lets others join this node. */
  async ticket(options: TicketOptions): Promise<string> {
    this.checkOpen('ticket', '')
    return await this.#parts.tickets.make(options)
  }

  attach(duplex: ByteDuplex, signal: AbortSignal | undefined): Promise<NodeId> {
    return this.#parts.neighbours.attach(duplex, signal)
  }

  /** See `AstraNet.setPolicy`. Without a policy all is allowed. */
  async setPolicy(policy: Policy | undefined, options: SetPolicyOptions): Promise<void> {
    const { endForbidden: isEnding = false } = checkOptions(options)
    checkBoolean('endForbidden', isEnding)
    const before = this.#parts.access.snapshot()
    this.#parts.access.replace(policy)
    // A call may wait for a service that may be offered now.
    this.#onOffers()
    if (!isEnding) return
    const { clock, helloTimeoutMs: patienceMs } = this.#options
    const { table } = this.#parts.neighbours
    const parts = {
      ...{ ports: this.#parts.ports, clock, patienceMs },
      admitted: table.admitted.bind(table),
      end: table.refuse.bind(table),
    }
    await endForbidden(parts, before, this.#parts.access)
  }

  /** See `AstraNet.explain`. */
  explain(question: PolicyQuestion, signal: AbortSignal | undefined): Promise<Explanation> {
    return this.#parts.access.explain(question, signal)
  }

  /** See `AstraNet.inspect`. */
  inspect(): NodeInspection {
    const { neighbours, links, addressWay, forwarder, punching } = this.#parts
    const { table, linkReports } = neighbours
    return {
      nodeId: this.id,
      registry: this.catalogue.inspect(),
      links: inspectLinks(table, links.linkTo.bind(links)),
      traffic: inspectTraffic(table, linkReports),
      services: this.catalogue.services(),
      forwarding: forwarder.inspect(),
      advertised: addressWay.inspect(),
      punching: punching.inspect(),
      tunnels: forwarder.inspectTunnels(),
    }
  }

  /**
   * Closes all parts; resolves when they have closed. Streams of neighbours may go on for `drainMs`. Idempotent; a
   * later call without it ends the wait.
   */
  close(drainMs: number): Promise<void> {
    return this.#closing.close(drainMs)
  }

  /** Throws when the node is closed. */
  checkOpen(syscall: string, address: string): void {
    if (this.isClosed) throw new NetError('ERR_SOCKET_CLOSED', 'this node is closed', { syscall, address })
  }

  #publishNode(): void {
    // A node that leaves has withdrawn where it listens.
    if (this.isClosed) return
    this.catalogue.setNode({ roles: [], addresses: this.#parts.endpoints.addresses })
    this.#parts.neighbours.sync.schedule()
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
