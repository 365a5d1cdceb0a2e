import type { ByteDuplex, MemoryUse, NodeId } from '@astranet/interface'
import { checkBoolean } from '@astranet/interface/check'
import { RefusalReason } from '@astranet/link'
import { Catalogue, type ServiceChange, type Watch } from '@astranet/registry'
import { RouteTable } from '@astranet/relay'
import type { Identity } from '@astranet/secure'
import type { Explanation, Policy, PolicyQuestion } from '@astranet/policy'
import { AccessControl } from '../access/access-control.js'
import { endForbidden } from '../access/end-forbidden.js'
import { HeldStreams } from '../access/held-streams.js'
import { Offers } from '../access/offers.js'
import { PolicyFailures } from '../access/policy-failures.js'
import type { BindOptions } from '../api/bind-options.js'
import type { JoinOptions } from '../api/join-options.js'
import type { TicketOptions } from '../api/ticket-options.js'
import type { ListenAndServeOptions } from '../api/listen-and-serve-options.js'
import { checkOptions } from '../api/check.js'
import { NetError, nodeClosed } from '../api/net-error.js'
import type { SetPolicyOptions } from '../api/policy-options.js'
import { Dialer } from '../dial/dialer.js'
import { Loopback } from '../dial/loopback.js'
import type { Endpoint } from '../endpoints/endpoint.js'
import { EndpointReports } from '../endpoints/endpoint-reports.js'
import { Endpoints } from '../endpoints/endpoints.js'
import { Admission } from '../links/admission.js'
import { Conflicts } from '../links/conflicts.js'
import { Grants } from '../links/grants.js'
import type { StreamTakers } from '../links/incoming-stream.js'
import { planOfTicket, type JoinPlan } from '../links/join-plan.js'
import { Joins } from '../links/joins.js'
import { LinkMaker } from '../links/link-maker.js'
import { LinkSource } from '../links/link-source.js'
import { LinkTable } from '../links/link-table.js'
import { PreferredLinks } from '../links/preferred-links.js'
import { RegistrySync } from '../links/registry-sync.js'
import { ownIdentity, type AdmittedIdentity } from '../links/remote-identity.js'
import { Binder } from '../listen/binder.js'
import { IncomingDials } from '../listen/incoming-dials.js'
import { PortTable } from '../listen/port-table.js'
import { OwnIntroduction } from './own-introduction.js'
import type { Platform } from './platform.js'
import type { ResolvedOptions } from './resolve-options.js'
import { TicketMaker } from './ticket-maker.js'
import { transportFor } from './transport-for.js'

/** @internal What a node is made of: its options, and who it is. */
export interface NodeOptions extends ResolvedOptions {
  readonly identity: Identity
}

/** @internal One node: puts the parts together. It knows no protocol; each part knows its own. */
export class Node<TSocket, TListener> {
  readonly id: NodeId
  /** The public key of which {@link id} is a hash. */
  readonly publicKey: Uint8Array
  readonly catalogue: Catalogue
  readonly routes: RouteTable
  readonly preferred: PreferredLinks
  readonly dialer: Dialer<TSocket>
  readonly offers: Offers
  readonly #access: AccessControl
  readonly #options: NodeOptions
  readonly #introduction: OwnIntroduction
  readonly #table: LinkTable
  readonly #maker: LinkMaker
  readonly #sync: RegistrySync
  readonly #joins: Joins
  readonly #endpoints: Endpoints
  readonly #tickets: TicketMaker
  readonly #ports: PortTable = new PortTable(Math.random)
  readonly #binder: Binder<TSocket, TListener>
  readonly #loopback: Loopback
  readonly #services: Watch<ServiceChange>
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
    const catalogue = new Catalogue({ self, incarnation: Date.now() })
    this.catalogue = catalogue
    this.routes = new RouteTable(catalogue)
    this.#introduction = new OwnIntroduction(catalogue, () => this.#endpoints.addresses)
    const introduction = this.#introduction.current.bind(this.#introduction)
    const preferred = new PreferredLinks({
      ...{ self, clock },
      onPreferred: (nodeId, link) => {
        this.#sync.up(nodeId, link)
        this.dialer.changed()
      },
      onLost: (nodeId) => this.#sync.down(nodeId),
    })
    this.preferred = preferred
    const table = new LinkTable({
      ...{ introduction, preferred },
      held: new HeldStreams(options.maxPendingStreams),
      admission: new Admission({
        maxLinks: options.maxLinks,
        grants: new Grants([...options.granters, publicKey]),
        linkRefusal: access.linkRefusal.bind(access),
      }),
      conflicts: new Conflicts(self, platform),
      registry: {
        receive: (nodeId, link, message) => this.#sync.receive(nodeId, link, message),
        onWritable: (nodeId, link) => this.#sync.onWritable(nodeId, link),
      },
      streams: this.#streamTakers(),
    })
    this.#table = table
    const credentials = { psk: options.psk }
    const maker = new LinkMaker({ ...options, credentials, introduction, table, atExit: platform.atExit })
    this.#maker = maker
    const patienceMs = options.helloTimeoutMs
    const sync = new RegistrySync({ catalogue, table, preferred, clock, patienceMs })
    this.#sync = sync
    const current = sync.current.bind(sync)
    this.#joins = new Joins({ maker, preferred, clock, random: Math.random, current })
    const ports = this.#ports
    const loopback = new Loopback({ clock, limits: options.sessionLimits, access })
    this.#loopback = loopback
    const links = new LinkSource(preferred)
    const identityOf = table.identityOf.bind(table)
    const neighbour = (nodeId: NodeId): AdmittedIdentity | undefined => {
      const link = preferred.linkTo(nodeId)
      return link === undefined ? undefined : identityOf(link)
    }
    const offers = new Offers({ self, catalogue, access, neighbour })
    this.offers = offers
    this.dialer = new Dialer({
      ...{ factory: platform, self, clock, catalogue, links, ports, loopback },
      ...{ access, offers, identityOf },
    })
    this.#binder = new Binder({
      ...{ factory: platform, self, ports, catalogue, access },
      onChange: () => sync.schedule(),
    })
    this.#endpoints = new Endpoints({
      ...{ maker, hasSecret: options.psk !== undefined },
      reports: new EndpointReports(platform),
      hostAddresses: platform.hostAddresses,
      onChange: () => this.#publishAddresses(),
    })
    const { identity, secret, psk } = options
    this.#tickets = new TicketMaker({ identity, secret, psk, addresses: () => this.#endpoints.addresses })
    catalogue.watchGraph(() => this.#announceIncarnation())
    this.#services = catalogue.watch(() => clock.defer(() => this.#onServices()))
    this.#publishAddresses()
  }

  /** How attached Node streams use memory. */
  get memory(): MemoryUse {
    return this.#options.memory
  }

  get isClosed(): boolean {
    return this.#closing !== undefined
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
    const targets = [{ transport: this.#transport(network), network, address }]
    return await this.#join({ targets, credentials: undefined }, options)
  }

  async joinByTicket(ticket: string, options: JoinOptions): Promise<NodeId> {
    // A ticket is as secret as what is in it, so it is never shown.
    this.checkOpen('join', '')
    const reader = { transportFor: (name: string) => this.#transport(name), own: { psk: this.#options.psk } }
    return await this.#join(await planOfTicket(ticket, reader), options)
  }

  /** A ticket that lets others join this node. */
  async ticket(options: TicketOptions): Promise<string> {
    this.checkOpen('ticket', '')
    return await this.#tickets.make(options)
  }

  async attach(duplex: ByteDuplex, signal: AbortSignal | undefined): Promise<NodeId> {
    try {
      const nodeId = await this.#maker.adopt(duplex, 'either', { signal })
      await this.#sync.current(nodeId, signal)
      if (this.isClosed) throw nodeClosed('attach', duplex.remoteAddress)
      return nodeId
    } catch (error) {
      throw this.isClosed ? nodeClosed('attach', duplex.remoteAddress, error) : error
    }
  }

  /** See `AstraNet.setPolicy`. Without a policy all is allowed. */
  async setPolicy(policy: Policy | undefined, options: SetPolicyOptions): Promise<void> {
    const { endForbidden: isEnding = false } = checkOptions(options)
    checkBoolean('endForbidden', isEnding)
    const before = this.#access.snapshot()
    this.#access.replace(policy)
    // A call may wait for a service that may be offered now.
    this.dialer.changed()
    if (!isEnding) return
    const { clock, helloTimeoutMs: patienceMs } = this.#options
    const table = this.#table
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

  /** Closes all parts; resolves when they have closed. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Throws when the node is closed. */
  checkOpen(syscall: string, address: string): void {
    if (this.isClosed) throw new NetError('ERR_SOCKET_CLOSED', 'this node is closed', { syscall, address })
  }

  async #close(): Promise<void> {
    this.#joins.stop(({ targets }) => nodeClosed('join', targets[0]?.address ?? ''))
    this.dialer.close()
    for (const queue of this.#ports.all()) queue.close()
    this.#sync.close()
    this.#services.close()
    await Promise.all([this.#endpoints.close(), this.#table.close(), this.#loopback.close()])
  }

  async #join(plan: JoinPlan, options: JoinOptions): Promise<NodeId> {
    const { address } = plan.targets[0] ?? { address: '' }
    this.checkOpen('join', address)
    const nodeId = await this.#joins.start(plan, options)
    if (this.isClosed) throw nodeClosed('join', address)
    return nodeId
  }

  /** What this node does with each kind of stream that a neighbour opens. */
  #streamTakers(): StreamTakers {
    const dials = new IncomingDials({
      self: this.id,
      ports: this.#ports,
      access: this.#access,
      recordOf: (link) => this.#table.recordOf(link),
    })
    return {
      dial: (nodeId, link, incoming) => dials.take(nodeId, link, incoming),
      tunnel: (_nodeId, link, { stream }) =>
        link.refuse(stream, RefusalReason.NOT_SUPPORTED, 'this node does not forward for others'),
    }
  }

  #announceIncarnation(): void {
    const incarnation = this.#introduction.takeNewIncarnation()
    if (incarnation !== undefined) this.#table.announceIncarnation(incarnation)
  }

  #publishAddresses(): void {
    this.catalogue.setNode({ roles: [], addresses: this.#endpoints.addresses })
    this.#sync.schedule()
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
