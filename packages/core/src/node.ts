import { checkPort, formatNodeId, parseAddress, type NodeId, type Transport } from '@astranet/interface'
import {
  RefusalReason,
  type DialHeader,
  type Link,
  type LinkIdentity,
  type StreamHeader,
} from '@astranet/link'
import type { Stream } from '@astranet/mux'
import { Catalogue, type Watch, type ServiceChange } from '@astranet/registry'
import { RouteTable } from '@astranet/relay'
import { Dialer } from './dialer.js'
import { isLoopbackAddress, listen, type Endpoint } from './endpoint.js'
import { Join, type JoinOptions } from './join.js'
import { Listener, type BindOptions } from './listener.js'
import { Loopback } from './loopback.js'
import { NetError } from './net-error.js'
import type { ResolvedOptions } from './options.js'
import { Peers } from './peers.js'
import { PortTable } from './port-table.js'
import { REGISTRY_MESSAGE, RegistrySync } from './registry-sync.js'

const DEFAULT_BACKLOG = 65_536
const MAX_BACKLOG = 0x7fffffff

/** @internal One node: puts the layers together. It knows no protocol; each layer knows its own. */
export class Node {
  readonly id: NodeId
  readonly catalogue: Catalogue
  readonly routes: RouteTable
  readonly peers: Peers
  readonly dialer: Dialer
  readonly #options: ResolvedOptions
  readonly #incarnation: number
  readonly #ports: PortTable = new PortTable(Math.random)
  readonly #loopback: Loopback
  readonly #sync: RegistrySync
  readonly #endpoints = new Set<Endpoint>()
  readonly #joins = new Set<Join>()
  readonly #services: Watch<ServiceChange>
  #hasWarned = false
  #closing: Promise<void> | undefined = undefined

  constructor(options: ResolvedOptions) {
    this.#options = options
    this.id = options.nodeId
    this.#incarnation = Date.now()
    this.catalogue = new Catalogue({ self: this.id, incarnation: this.#incarnation })
    this.routes = new RouteTable(this.catalogue)
    this.#loopback = new Loopback(options.clock, options.sessionLimits)
    this.peers = new Peers({
      ...options,
      identity: () => this.#identity(),
      events: {
        onPreferred: (nodeId, link) => this.#onPreferred(nodeId, link),
        onLost: (nodeId) => this.#sync.down(nodeId),
        onMessage: (nodeId, link, type, body) => {
          if (type === REGISTRY_MESSAGE) this.#sync.receive(nodeId, link, body)
        },
        onWritable: (nodeId, link) => this.#sync.send(nodeId, link),
        onStream: (nodeId, link, header, stream, rest) =>
          this.#onStream(nodeId, link, header, { stream, rest }),
      },
    })
    this.#sync = new RegistrySync(this.catalogue, this.peers, options.clock)
    this.dialer = new Dialer({
      self: this.id,
      clock: options.clock,
      catalogue: this.catalogue,
      peers: this.peers,
      ports: this.#ports,
      loopback: this.#loopback,
    })
    this.#services = this.catalogue.watch(() => options.clock.defer(() => this.#onServices()))
    this.catalogue.setNode({ roles: [], addresses: [] })
  }

  get isClosed(): boolean {
    return this.#closing !== undefined
  }

  bind(text: string, environment: string, options: BindOptions): Listener {
    this.#checkOpen('bind', text)
    const { port, service } = this.#readBindAddress(text)
    if (this.#ports.at(port) !== undefined) {
      throw new NetError('EADDRINUSE', `port ${port} of this node is bound already`, {
        syscall: 'bind',
        address: text,
      })
    }
    const { backlog = DEFAULT_BACKLOG, allowHalfOpen = false, signal, tags, weight } = options
    if (!Number.isInteger(backlog) || backlog < 1 || backlog > MAX_BACKLOG) {
      throw new RangeError(`backlog must be an integer from 1 to ${MAX_BACKLOG}, got ${backlog}`)
    }
    signal?.throwIfAborted()
    if (service !== undefined) {
      this.catalogue.publishService({
        environment,
        name: service,
        port,
        ...(tags === undefined ? {} : { tags }),
        ...(weight === undefined ? {} : { weight }),
      })
    }
    const release = (): void => {
      this.#ports.delete(port)
      if (service !== undefined) this.catalogue.withdrawService({ environment, name: service, port })
      this.#sync.schedule()
    }
    const listener = new Listener({
      node: this.id,
      port,
      service,
      environment,
      backlog,
      allowHalfOpen,
      release,
    })
    this.#ports.set(port, listener)
    signal?.addEventListener('abort', () => listener.close(), { once: true })
    this.#sync.schedule()
    return listener
  }

  async listenAndServe(network: string, address: string): Promise<Endpoint> {
    this.#checkOpen('listen', address)
    const endpoint = await listen(this.#transport(network), this.peers, { network, address })
    if (this.isClosed) await endpoint.close()
    this.#checkOpen('listen', address)
    this.#endpoints.add(endpoint)
    this.#warnOfOpenDoor(endpoint)
    const addresses = [...this.#endpoints].map((each) => `${each.network}://${each.address}`)
    this.catalogue.setNode({ roles: [], addresses })
    this.#sync.schedule()
    return endpoint
  }

  async join(network: string, address: string, options: JoinOptions): Promise<NodeId> {
    this.#checkOpen('join', address)
    const { clock } = this.#options
    const transport = this.#transport(network)
    const isClosed = (): boolean => this.isClosed
    const parts = { transport, network, address, peers: this.peers, clock, random: Math.random, isClosed }
    const join = new Join(parts, options)
    this.#joins.add(join)
    try {
      return await join.start()
    } catch (error) {
      this.#joins.delete(join)
      throw error
    }
  }

  /** Ends everything; resolves when it is over. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const join of this.#joins) join.stop()
    for (const listener of this.#ports.listeners()) listener.close()
    this.#sync.close()
    this.#services.close()
    await Promise.all([...this.#endpoints].map((endpoint) => endpoint.close()))
    await Promise.all([this.peers.close(), this.#loopback.close()])
  }

  #identity(): LinkIdentity {
    const listenAddresses = [...this.#endpoints].map((each) => `${each.network}://${each.address}`)
    return { nodeId: this.id, incarnation: this.#incarnation, listenAddresses: listenAddresses.slice(0, 16) }
  }

  #onPreferred(nodeId: NodeId, link: Link): void {
    this.#sync.up(nodeId, link)
    this.dialer.nodeFound(nodeId)
  }

  #onServices(): void {
    for (const change of this.#services.take()) {
      if (change.kind === 'offered') this.dialer.serviceOffered(change.service)
    }
  }

  #onStream(
    nodeId: NodeId,
    link: Link,
    header: StreamHeader,
    incoming: { stream: Stream; rest: Uint8Array | undefined },
  ): void {
    const { stream, rest } = incoming
    if (header.kind === 'tunnel') {
      link.refuse(stream, RefusalReason.NOT_SUPPORTED, 'this node does not forward for others')
      return
    }
    const listener = this.#ports.at(header.port)
    const reason = listener === undefined ? RefusalReason.CONNECTION_REFUSED : listener.refusal()
    if (listener === undefined || reason !== undefined || !isMeant(listener, header)) {
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
    listener.take({ stream, ends, rest })
  }

  #readBindAddress(text: string): { port: number; service: string | undefined } {
    const address = parseAddress(text)
    if (address.kind === 'node' && address.nodeId !== this.id) {
      const message = `this is node ${formatNodeId(this.id)}`
      throw new NetError('EADDRNOTAVAIL', message, { syscall: 'bind', address: text })
    }
    const service = address.kind === 'service' ? address.service : undefined
    const port = address.port ?? 0
    return { port: port === 0 ? this.#ports.ephemeral() : checkPort(port), service }
  }

  #transport(network: string): Transport {
    const { transports } = this.#options
    const found = transports.find((each) => each.networks.includes(network))
    if (found !== undefined) return found
    const known = transports.flatMap((each) => each.networks)
    const list = known.length === 0 ? 'none' : known.map((name) => `"${name}"`).join(', ')
    throw new RangeError(`network ${JSON.stringify(network)} is not known; this node has ${list}`)
  }

  #checkOpen(syscall: string, address: string): void {
    if (this.isClosed) throw new NetError('ERR_SOCKET_CLOSED', 'the node is closed', { syscall, address })
  }

  /** There is no authentication yet, so whoever can connect is a member of the network. */
  #warnOfOpenDoor(endpoint: Endpoint): void {
    if (this.#hasWarned || !endpoint.network.startsWith('tcp') || isLoopbackAddress(endpoint.address)) return
    this.#hasWarned = true
    process.emitWarning(
      `AstraNet listens on ${endpoint.network} ${endpoint.address} without authentication: whoever reaches that address ` +
        'can dial and offer every service. Listen on a loopback address or a network that you trust.',
      { type: 'AstraNetWarning', code: 'ASTRA_WARN_UNAUTHENTICATED' },
    )
  }
}

/** A dial by name that meets a port which changed hands is refused. */
function isMeant(listener: Listener, header: DialHeader): boolean {
  if (header.service === undefined) return true
  const { service, environment } = listener.offer
  return service === header.service && environment === (header.environment ?? '')
}

function refusalText(header: DialHeader, reason: RefusalReason | undefined): string {
  if (reason === RefusalReason.BACKLOG_FULL) return 'the backlog is full'
  const service = header.service === undefined ? '' : ` for the service "${header.service}"`
  return `nobody listens on port ${header.port}${service}`
}
