import type { ByteDuplex, MemoryUse, NodeId } from '@astranet/interface'
import { checkBoolean, invalidArgument } from '@astranet/interface/check'
import type { Catalogue, ServiceChange, Watch } from '@astranet/registry'
import type { RouteTable } from '@astranet/relay'
import type { Explanation, Policy, PolicyQuestion } from '@astranet/policy'
import { endForbidden } from '../access/end-forbidden.js'
import type { Offers } from '../access/offers.js'
import type { BindOptions } from '../api/bind-options.js'
import type { JoinOptions } from '../api/join-options.js'
import type { TicketOptions } from '../api/ticket-options.js'
import type { ListenAndServeOptions } from '../api/listen-and-serve-options.js'
import { checkTicketText, readAddressText, type NetworkAddress } from '../api/address-text.js'
import { checkOptions, checkString } from '../api/check.js'
import type { CheckedLeaveOptions } from '../api/leave-options.js'
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
import { inspectNode } from './inspect-node.js'
import type { NodeInspection } from './inspection.js'
import type { KeepAlive } from './keep-alive.js'
import type { ResolvedMode } from './node-mode.js'
import type { NodeOptions } from './node-options.js'
import { nodeParts, type NodeParts } from './node-parts.js'
import type { Platform } from './platform.js'
import type { Reporter } from './reporter.js'
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
  /** What keeps the program running while it waits for the node. */
  readonly keepAlive: KeepAlive
  readonly #options: NodeOptions
  readonly #parts: NodeParts<TSocket, TListener>
  /** Where what happens to a part of the program that is not the node's is reported. */
  readonly reporter: Pick<Reporter, 'publish'>
  readonly #services: Watch<ServiceChange>
  readonly #closing: Closing<TSocket, TListener>
  #mode = { isClient: false, isServer: false }

  constructor(options: NodeOptions, platform: Platform<TSocket, TListener>) {
    this.#options = options
    this.id = options.identity.nodeId
    this.publicKey = options.identity.publicKey
    const parts = nodeParts(options, platform, {
      transportFor: this.#transport.bind(this),
      onOffers: () => this.#onOffers(),
      onAddresses: () => this.#publishNode(),
      followsInvitations: () => options.followsInvitations && !this.#mode.isServer,
      checkOpen: this.checkOpen.bind(this),
    })
    this.#parts = parts
    this.catalogue = parts.catalogue
    this.routes = parts.routes
    this.dialer = parts.dialer
    this.offers = parts.offers
    this.discovery = parts.discovery
    this.keepAlive = platform.keepAlive
    this.reporter = platform
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
  setMode({ role, isClient = false, isServer = false }: ResolvedMode): void {
    this.catalogue.setRole(role)
    this.#mode = { isClient, isServer }
    this.#publishNode()
  }

  /** How attached Node streams use memory. */
  get memory(): MemoryUse {
    return this.#options.memory
  }

  /** Whether the node offers nothing. */
  get isClient(): boolean {
    return this.#mode.isClient
  }

  get isClosed(): boolean {
    return this.#closing.isBegun
  }

  bind(text: string, environment: string, options: BindOptions): TListener {
    this.checkOpen('bind', text)
    this.#checkServing('bind', text)
    return this.#parts.binder.bind(text, environment, options)
  }

  /** `bind` for a caller that has sockets and listeners of its own. */
  bindQueue<T>(text: string, environment: string, options: QueueOptions<T>): ListenerQueue<T> {
    this.checkOpen('bind', text)
    this.#checkServing('bind', text)
    return this.#parts.binder.bindQueue(text, environment, options)
  }

  /** What is bound to which port. */
  get ports(): PortTable {
    return this.#parts.ports
  }

  async listenAndServe(network: string, address: string, options: ListenAndServeOptions): Promise<Endpoint> {
    this.checkOpen('listen', address)
    this.#checkServing('listen', address)
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

  /** Joins by an address that may have its network before it, or by a ticket. */
  async joinByText(text: string, options: JoinOptions): Promise<NodeId> {
    const found = readAddressText(text, this.#networks())
    if (found !== undefined) return await this.join(found.network, found.address, options)
    // A ticket is as secret as what is in it, so it is never shown.
    this.checkOpen('join', '')
    checkTicketText(text)
    return await this.#parts.neighbours.joinByTicket(text, options)
  }

  /** An address with its network, or of the node's first one. Throws a TypeError when it is none. */
  addressOf(text: string): NetworkAddress {
    const found = readAddressText(checkString('address', text), this.#networks())
    if (found !== undefined) return found
    throw invalidArgument('address', 'must be ":port", "host:port" or "network://address"')
  }

  /** A ticket that lets others join this node. */
  async ticket(options: TicketOptions): Promise<string> {
    this.checkOpen('ticket', '')
    return await this.#parts.tickets.make(options)
  }

  attach(duplex: ByteDuplex, signal: AbortSignal | undefined): Promise<NodeId> {
    return this.#parts.neighbours.attach(duplex, signal)
  }

  /** See `AstraNet.leave`. */
  async leave(nodeId: NodeId, options: CheckedLeaveOptions): Promise<number> {
    return await this.#parts.neighbours.leave(nodeId, options)
  }

  /** See `AstraNet.setPolicy`. Without a policy all is allowed. */
  async setPolicy(policy: Policy | undefined, options: SetPolicyOptions): Promise<void> {
    const { endForbidden: isEnding = false } = checkOptions('options', options, { endForbidden: true })
    checkBoolean('options.endForbidden', isEnding)
    this.checkOpen('setPolicy', '')
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
    this.#parts.forwarder.endForbidden()
    await endForbidden(parts, before, this.#parts.access)
  }

  /** See `AstraNet.explain`. */
  explain(question: PolicyQuestion, signal: AbortSignal | undefined): Promise<Explanation> {
    return this.#parts.access.explain(question, signal)
  }

  /** See `AstraNet.inspect`. */
  inspect(): NodeInspection {
    return inspectNode(this.#options, this.#parts)
  }

  /**
   * Closes all parts; resolves when they have closed. Streams of neighbours may go on for `drainMs`. Idempotent; a
   * later call with less time shortens the wait.
   */
  close(drainMs: number): Promise<void> {
    return this.#closing.close(drainMs)
  }

  /** Throws when the node is closed. */
  checkOpen(syscall: string, address: string): void {
    if (this.isClosed) throw new NetError('ERR_SOCKET_CLOSED', 'this node is closed', { syscall, address })
  }

  /** Throws when the node is one that offers nothing. */
  #checkServing(syscall: string, address: string): void {
    if (!this.#mode.isClient) return
    const message =
      "this node is a client, which offers nothing: use the option role: 'leaf' in place of client()"
    throw new NetError('EOPNOTSUPP', message, { syscall, address })
  }

  #networks(): readonly string[] {
    return this.#options.transports.flatMap(({ networks }) => networks)
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
