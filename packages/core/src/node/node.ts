import type { ByteDuplex, MemoryUse, NodeId, Transport } from '@astranet/interface'
import { RefusalReason, type DialHeader, type Link, type LinkIdentity } from '@astranet/link'
import { Catalogue, type ServiceChange, type Watch } from '@astranet/registry'
import { RouteTable } from '@astranet/relay'
import type { Arrivals } from '../listen/listener-queue.js'
import type { BindOptions } from '../api/bind-options.js'
import { Binder } from '../listen/binder.js'
import { Conflicts } from '../links/conflicts.js'
import { nodeClosed } from '../dial/dial-errors.js'
import { Dialer } from '../dial/dialer.js'
import { Endpoints, type Endpoint, type ListenAndServeOptions } from '../endpoints/endpoint.js'
import { EndpointReports } from '../endpoints/endpoint-reports.js'
import { Join, type JoinOptions } from '../links/join.js'
import { Loopback } from '../dial/loopback.js'
import { NetError } from '../api/net-error.js'
import type { ResolvedOptions } from '../api/options.js'
import { Peers, type IncomingStream, type PeersEvents } from '../links/link-table.js'
import type { Platform } from './platform.js'
import { PortTable } from '../listen/port-table.js'
import { RegistrySync } from '../links/registry-sync.js'

/** @internal One node: puts the layers together. It knows no protocol; each layer knows its own. */
export class Node<TSocket, TListener> {
  readonly id: NodeId
  readonly catalogue: Catalogue
  readonly routes: RouteTable
  readonly peers: Peers
  readonly dialer: Dialer<TSocket>
  readonly #options: ResolvedOptions
  /** Tells this start of the node from others, and from other nodes with its id. */
  readonly #life: number = randomLife()
  /** The incarnation that the neighbours were told. */
  #incarnation: number
  readonly #ports: PortTable = new PortTable(Math.random)
  readonly #binder: Binder<TSocket, TListener>
  readonly #loopback: Loopback
  readonly #sync: RegistrySync
  readonly #endpoints: Endpoints
  readonly #joins = new Set<Join>()
  readonly #services: Watch<ServiceChange>
  #closing: Promise<void> | undefined = undefined

  constructor(options: ResolvedOptions, platform: Platform<TSocket, TListener>) {
    const { clock } = options
    this.#options = options
    this.id = options.nodeId
    this.#incarnation = Date.now()
    this.catalogue = new Catalogue({ self: this.id, incarnation: this.#incarnation })
    this.routes = new RouteTable(this.catalogue)
    this.#loopback = new Loopback(clock, options.sessionLimits)
    const { atExit } = platform
    const conflicts = new Conflicts(this.id, platform)
    const identity = (): LinkIdentity => this.#identity()
    this.peers = new Peers({ ...options, atExit, identity, conflicts, events: this.#peersEvents() })
    const { id: self, catalogue, peers } = this
    const [ports, loopback] = [this.#ports, this.#loopback]
    this.#sync = new RegistrySync({ catalogue, peers, clock, patienceMs: options.helloTimeoutMs })
    this.dialer = new Dialer({ platform, self, clock, catalogue, peers, ports, loopback })
    this.#binder = new Binder({ platform, self, ports, catalogue, onChange: () => this.#sync.schedule() })
    const reports = new EndpointReports(platform)
    const { hostAddresses } = platform
    this.#endpoints = new Endpoints({ peers, reports, proving: options, hostAddresses }, () =>
      this.#tellAddresses(),
    )
    catalogue.watchGraph(() => this.#tellIncarnation())
    this.#services = catalogue.watch(() => clock.defer(() => this.#onServices()))
    this.#tellAddresses()
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

  async join(network: string, address: string, options: JoinOptions): Promise<NodeId> {
    this.checkOpen('join', address)
    const { peers } = this
    const { clock } = this.#options
    const transport = this.#transport(network)
    const join: Join = new Join(
      {
        ...{ transport, network, address, peers, clock, random: Math.random },
        joined: () => this.#joinedBy(network, address),
        current: (nodeId, signal) => this.#sync.current(nodeId, signal),
        onStopped: () => void this.#joins.delete(join),
      },
      options,
    )
    this.#joins.add(join)
    const nodeId = await join.start()
    if (this.isClosed) throw nodeClosed('join', address)
    return nodeId
  }

  async attach(duplex: ByteDuplex, signal: AbortSignal | undefined): Promise<NodeId> {
    try {
      const nodeId = await this.peers.adopt(duplex, 'either', signal)
      await this.#sync.current(nodeId, signal)
      if (this.isClosed) throw nodeClosed('attach', duplex.remoteAddress)
      return nodeId
    } catch (error) {
      throw this.isClosed ? nodeClosed('attach', duplex.remoteAddress, error) : error
    }
  }

  /** Ends everything; resolves when it is over. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Throws when the node is closed. */
  checkOpen(syscall: string, address: string): void {
    if (this.isClosed) throw new NetError('ERR_SOCKET_CLOSED', 'this node is closed', { syscall, address })
  }

  async #close(): Promise<void> {
    for (const join of [...this.#joins]) join.stop(nodeClosed('join', join.address))
    this.dialer.close()
    for (const arrivals of this.#ports.all()) arrivals.close()
    this.#sync.close()
    this.#services.close()
    await Promise.all([this.#endpoints.close(), this.peers.close(), this.#loopback.close()])
  }

  /** The node that an earlier join of that address keeps a link to now. */
  #joinedBy(network: string, address: string): NodeId | undefined {
    for (const join of this.#joins) {
      const { nodeId } = join
      if (join.network !== network || join.address !== address || nodeId === undefined) continue
      if (this.peers.linkTo(nodeId)?.isDialable === true) return nodeId
    }
    return undefined
  }

  #identity(): LinkIdentity {
    const { incarnation } = this.catalogue
    return { nodeId: this.id, incarnation, life: this.#life, listenAddresses: this.#endpoints.addresses }
  }

  /** The catalogue moves on when a neighbour remembers a later life: the clock was set back. */
  #tellIncarnation(): void {
    const { incarnation } = this.catalogue
    if (incarnation === this.#incarnation) return
    this.#incarnation = incarnation
    this.peers.tellIncarnation(incarnation)
  }

  #tellAddresses(): void {
    this.catalogue.setNode({ roles: [], addresses: this.#endpoints.addresses })
    this.#sync.schedule()
  }

  #peersEvents(): PeersEvents {
    return {
      onPreferred: (nodeId, link) => {
        this.#sync.up(nodeId, link)
        this.dialer.changed()
      },
      onLost: (nodeId) => this.#sync.down(nodeId),
      onRegistry: (nodeId, link, message) => this.#sync.receive(nodeId, link, message),
      onRegistryWritable: (nodeId, link) => this.#sync.onWritable(nodeId, link),
      onStream: (nodeId, link, incoming) => this.#onStream(nodeId, link, incoming),
    }
  }

  #onServices(): void {
    // What they are does not matter: a service that went and came back within a turn is no change, and may be waited for.
    this.#services.take()
    this.dialer.changed()
  }

  #onStream(nodeId: NodeId, link: Link, { header, stream, rest }: IncomingStream): void {
    if (header.kind === 'tunnel') {
      link.refuse(stream, RefusalReason.NOT_SUPPORTED, 'this node does not forward for others')
      return
    }
    const arrivals = this.#ports.at(header.port)
    const reason = arrivals === undefined ? RefusalReason.CONNECTION_REFUSED : arrivals.refusal()
    if (arrivals === undefined || reason !== undefined || !isMeant(arrivals, header)) {
      link.refuse(stream, reason ?? RefusalReason.CONNECTION_REFUSED, refusalText(header, reason))
      return
    }
    link.accept(stream)
    const ends = {
      localNode: this.id,
      localPort: header.port,
      remoteNode: nodeId,
      remotePort: header.sourcePort,
    }
    // What came with the header waits in the listener: it is unread until a socket takes it.
    stream.manualCredit = true
    arrivals.take({ stream, ends, rest })
  }

  #transport(network: string): Transport {
    const { transports } = this.#options
    const found = transports.find((each) => each.networks.includes(network))
    if (found !== undefined) return found
    const known = transports.flatMap((each) => each.networks)
    const list = known.length === 0 ? 'none' : known.map((name) => `"${name}"`).join(', ')
    throw new RangeError(`network ${JSON.stringify(network)} is not known; this node has ${list}`)
  }
}

function randomLife(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2))
  return (high & 0x1fffff) * 2 ** 32 + low
}

/** A dial by name that meets a port which changed hands is refused. */
function isMeant({ binding }: Arrivals<unknown>, header: DialHeader): boolean {
  if (header.service === undefined) return true
  const { service, environment } = binding
  return service === header.service && environment === (header.environment ?? '')
}

function refusalText(header: DialHeader, reason: RefusalReason | undefined): string {
  if (reason === RefusalReason.BACKLOG_FULL) return 'the backlog is full'
  const service = header.service === undefined ? '' : ` for the service "${header.service}"`
  return `nobody listens on port ${header.port}${service}`
}
