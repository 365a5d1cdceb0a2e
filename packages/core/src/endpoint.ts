import { toError, type Connection, type Transport, type TransportListener } from '@astranet/interface'
import { checkFunction, checkOptions } from './check.js'
import type { Peers } from './peers.js'
import type { Reporter } from './platform.js'

/** How to listen. */
export interface ListenAndServeOptions {
  /**
   * Told of what goes wrong at the endpoint, each with its `code`: the listener's own errors, and why a connection did
   * not become a link (a stranger, a peer that was too slow, a refused handshake). Default: nothing more than the
   * diagnostics channels `astranet:listener:error` and `astranet:link:refused`, which are always told.
   */
  onError?: (error: Error) => void
}

/** A connection did not become a link: `{ error, network, localAddress, remoteAddress }`. */
const LINK_REFUSED = 'astranet:link:refused'

/** A listener broke, or could not accept a connection: `{ error, network, address }`. */
const LISTENER_ERROR = 'astranet:listener:error'

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

/** The endpoints of a node. */
export class Endpoints {
  readonly #peers: Peers
  readonly #reporter: Reporter
  readonly #onChange: () => void
  readonly #open = new Set<Endpoint>()
  readonly #onClose = (endpoint: Endpoint): void => {
    if (this.#open.delete(endpoint)) this.#onChange()
  }
  #hasWarned = false

  /** `onChange`: `addresses` is another list now. */
  constructor(peers: Peers, reporter: Reporter, onChange: () => void) {
    this.#peers = peers
    this.#reporter = reporter
    this.#onChange = onChange
  }

  /** What to tell other nodes: `network://address`, the first 16 that fit. */
  get addresses(): string[] {
    const texts = [...this.#open].map(({ network, address }) => `${network}://${address}`)
    return texts.filter((text) => /^[\x21-\x7e]{1,255}$/.test(text)).slice(0, MAX_TOLD_ADDRESSES)
  }

  /** Listens and makes a link of each connection. */
  async listen(
    transport: Transport,
    { network, address }: { network: string; address: string },
    options: ListenAndServeOptions,
  ): Promise<Endpoint> {
    const onError = checkFunction('onError', checkOptions(options).onError)
    const onConnection = (connection: Connection): void => {
      const { localAddress, remoteAddress } = connection
      this.#peers.adopt(connection, 'acceptor').catch((cause: unknown) => {
        const error = toError(cause)
        this.#reporter.publish(LINK_REFUSED, { error, network, localAddress, remoteAddress })
        onError?.(error)
      })
    }
    const listener = await transport.listen(network, address, {
      onConnection,
      onError: (error) => {
        this.#reporter.publish(LISTENER_ERROR, { error, network, address })
        onError?.(error)
      },
    })
    const endpoint = new Endpoint(listener, this.#onClose)
    this.#open.add(endpoint)
    this.#onChange()
    if (listener.isAuthenticated !== true && listener.isLocal !== true) this.#warnOfOpenDoor(endpoint)
    return endpoint
  }

  /** Closes all; resolves when the addresses are free. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map((endpoint) => endpoint.close()))
  }

  /** Whoever can connect is a member of the network, and not only this machine's programs can. */
  #warnOfOpenDoor({ network, address }: Endpoint): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    this.#reporter.warn(
      `AstraNet listens on ${network} ${address} without authentication: whoever reaches that address can dial and ` +
        'offer every service. Give the transport a secret or mutual TLS, or listen on a loopback address.',
      'ASTRA_WARN_UNAUTHENTICATED',
    )
  }
}
