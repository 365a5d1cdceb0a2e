import { toError, type Connection, type Transport, type TransportListener } from '@astranet/interface'
import { checkFunction, checkOptions } from '../api/check.js'
import { listenerRefusal, type Proving } from '../links/proof-policy.js'
import { nodeClosed } from '../dial/dial-errors.js'
import type { EndpointReports, ReportSite } from './endpoint-reports.js'
import type { Peers } from '../links/link-table.js'
import { toldAddresses } from './advertised-addresses.js'

/** How to listen. */
export interface ListenAndServeOptions {
  /**
   * Told of what goes wrong at the endpoint, each with its `code`: the listener's own errors, and why a connection did
   * not become a link (a stranger, a peer that was too slow, a refused handshake). Default: a process warning for the
   * first of each kind, `ASTRA_WARN_REFUSED`. The diagnostics channels `astranet:listener:error` and
   * `astranet:link:refused` are always told.
   */
  onError?: (error: Error) => void
}

/** Where this node can be joined. */
export class Endpoint implements AsyncDisposable {
  readonly #listener: TransportListener
  readonly #onClose: (endpoint: Endpoint) => void

  /** @internal */
  constructor(listener: TransportListener, onClose: (endpoint: Endpoint) => void) {
    this.#listener = listener
    this.#onClose = onClose
  }

  /** The network, for example `'tcp4'`. */
  get network(): string {
    return this.#listener.network
  }

  /** The address, with the port really given where 0 was asked for: what others `join`. */
  get address(): string {
    return this.#listener.address
  }

  /** Accepts no more nodes; links that are there stay. Idempotent; resolves when the address is free. */
  close(): Promise<void> {
    this.#onClose(this)
    return this.#listener.close()
  }

  /** Closes the endpoint. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** How many addresses a node tells: HELLO has room for so many. */
const MAX_TOLD_ADDRESSES = 16

/** What {@link Endpoints} needs of its node. */
export interface EndpointsParts {
  readonly peers: Peers
  readonly proving: Proving
  readonly reports: EndpointReports
  readonly hostAddresses: () => readonly string[]
}

/** A network and an address of it. */
interface Where {
  readonly network: string
  readonly address: string
}

/** The endpoints of a node. */
export class Endpoints {
  readonly #peers: Peers
  readonly #proving: Proving
  readonly #onChange: () => void
  readonly #hostAddresses: () => readonly string[]
  readonly #reports: EndpointReports
  readonly #open = new Set<Endpoint>()
  /** Listeners that are being made. */
  readonly #pending = new Set<Promise<Endpoint>>()
  #isClosed = false
  /** As the machine's addresses were when an endpoint was last opened or closed. */
  #addresses: readonly string[] = []
  readonly #onClose = (endpoint: Endpoint): void => {
    if (this.#open.delete(endpoint)) this.#changed()
  }

  /** `onChange`: `addresses` is another list now. */
  constructor({ peers, proving, reports, hostAddresses }: EndpointsParts, onChange: () => void) {
    this.#peers = peers
    this.#proving = proving
    this.#reports = reports
    this.#hostAddresses = hostAddresses
    this.#onChange = onChange
  }

  /** What to tell other nodes: `network://address`, the first 16 that fit. */
  get addresses(): readonly string[] {
    return this.#addresses
  }

  /** Listens and makes a link of each connection. Rejects with `ECONNABORTED` when it is closed meanwhile. */
  async listen(transport: Transport, where: Where, options: ListenAndServeOptions): Promise<Endpoint> {
    const listening = this.#listen(transport, where, options)
    this.#pending.add(listening)
    try {
      return await listening
    } finally {
      this.#pending.delete(listening)
    }
  }

  /** Closes all, and takes no more; resolves when the addresses are free, of those that are about to be listened on too. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#reports.silence()
    await Promise.all([...this.#open].map((endpoint) => endpoint.close()))
    await Promise.allSettled(this.#pending)
  }

  #changed(): void {
    const host = this.#hostAddresses()
    this.#addresses = [...this.#open]
      .flatMap((endpoint) => toldAddresses(endpoint, host))
      .filter((text) => /^[\x21-\x7e]{1,255}$/.test(text))
      .slice(0, MAX_TOLD_ADDRESSES)
    this.#onChange()
  }

  async #listen(
    transport: Transport,
    { network, address }: Where,
    options: ListenAndServeOptions,
  ): Promise<Endpoint> {
    const onError = checkFunction('onError', checkOptions(options).onError)
    const reports = this.#reports
    const site: ReportSite = { network, address, onError }
    const listener = await transport.listen(network, address, {
      onConnection: (connection: Connection) => {
        this.#peers
          .adopt(connection, 'acceptor')
          .catch((cause: unknown) => reports.refused(site, connection, toError(cause)))
      },
      onError: (error) => reports.failed(site, error),
    })
    const refusal = this.#isClosed ? nodeClosed('listen', address) : listenerRefusal(this.#proving, listener)
    if (refusal !== undefined) {
      await listener.close()
      throw refusal
    }
    site.address = listener.address
    const endpoint = new Endpoint(listener, this.#onClose)
    this.#open.add(endpoint)
    this.#changed()
    const isOpenDoor = this.#proving.proof === undefined && listener.isAuthenticated !== true
    if (isOpenDoor && listener.isLocal !== true) reports.openDoor(network, endpoint.address)
    return endpoint
  }
}
