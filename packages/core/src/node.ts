import { type ByteDuplex, type NodeId, type Transport } from '@astranet/interface'
import { RefusalReason, type DialHeader, type Link, type LinkIdentity } from '@astranet/link'
import { Catalogue, type ServiceChange, type Watch } from '@astranet/registry'
import { RouteTable } from '@astranet/relay'
import type { Arrivals } from './arrivals.js'
import type { BindOptions } from './bind-options.js'
import { Binder } from './binder.js'
import { nodeClosed } from './dial-errors.js'
import { Dialer } from './dialer.js'
import { Endpoints, type Endpoint, type ListenAndServeOptions } from './endpoint.js'
import { EndpointReports } from './endpoint-reports.js'
import { Join, type JoinOptions } from './join.js'
import { Loopback } from './loopback.js'
import { NetError } from './net-error.js'
import type { ResolvedOptions } from './options.js'
import { Peers, type IncomingStream, type PeersEvents } from './peers.js'
import type { Platform } from './platform.js'
import { PortTable } from './port-table.js'
import { RegistrySync } from './registry-sync.js'

/** @internal One node: puts the layers together. It knows no protocol; each layer knows its own. */
export class Node<TSocket, TListener> {
  readonly id: NodeId
  readonly catalogue: Catalogue
  readonly routes: RouteTable
  readonly peers: Peers
  readonly dialer: Dialer<TSocket>
  readonly #options: ResolvedOptions
  readonly #incarnation: number
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
    this.peers = new Peers({ ...options, identity: () => this.#identity(), events: this.#peersEvents() })
    const { id: self, catalogue, peers } = this
    const [ports, loopback] = [this.#ports, this.#loopback]
    this.#sync = new RegistrySync({ catalogue, peers, clock, patienceMs: options.helloTimeoutMs })
    this.dialer = new Dialer({ platform, self, clock, catalogue, peers, ports, loopback })
    this.#binder = new Binder({ platform, self, ports, catalogue, onChange: () => this.#sync.schedule() })
    const reports = new EndpointReports(platform)
    this.#endpoints = new Endpoints({ peers, reports, proving: options }, () => this.#tellAddresses())
    this.#services = catalogue.watch(() => clock.defer(() => this.#onServices()))
    this.#tellAddresses()
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
    const endpoint = await this.#endpoints.listen(this.#transport(network), { network, address }, options)
    if (!this.isClosed) return endpoint
    await endpoint.close()
    throw nodeClosed('listen', address)
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
      signal?.throwIfAborted()
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
    return { nodeId: this.id, incarnation: this.#incarnation, listenAddresses: this.#endpoints.addresses }
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
