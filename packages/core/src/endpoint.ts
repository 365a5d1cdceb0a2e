import type { Connection, Transport, TransportListener } from '@astranet/interface'
import type { Peers } from './peers.js'

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
  readonly #onChange: () => void
  readonly #open = new Set<Endpoint>()
  readonly #onClose = (endpoint: Endpoint): void => {
    if (this.#open.delete(endpoint)) this.#onChange()
  }
  #hasWarned = false

  /** `onChange`: `addresses` is another list now. */
  constructor(peers: Peers, onChange: () => void) {
    this.#peers = peers
    this.#onChange = onChange
  }

  /** What to tell other nodes: `network://address`, the first 16 that fit. */
  get addresses(): string[] {
    const texts = [...this.#open].map(({ network, address }) => `${network}://${address}`)
    return texts.filter((text) => /^[\x21-\x7e]{1,255}$/.test(text)).slice(0, MAX_TOLD_ADDRESSES)
  }

  /** Listens and makes a link of each connection. */
  async listen(transport: Transport, network: string, address: string): Promise<Endpoint> {
    const onConnection = (connection: Connection): void => {
      // What goes wrong with one connection before it is a link concerns its dialer, who is told.
      this.#peers.adopt(connection, 'acceptor').catch(() => undefined)
    }
    const endpoint = new Endpoint(await transport.listen(network, address, { onConnection }), this.#onClose)
    this.#open.add(endpoint)
    this.#onChange()
    this.#warnOfOpenDoor(endpoint)
    return endpoint
  }

  /** Closes all; resolves when the addresses are free. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map((endpoint) => endpoint.close()))
  }

  /** There is no authentication yet, so whoever can connect is a member of the network. */
  #warnOfOpenDoor({ network, address }: Endpoint): void {
    if (this.#hasWarned || !network.startsWith('tcp') || isLoopbackAddress(address)) return
    this.#hasWarned = true
    process.emitWarning(
      `AstraNet listens on ${network} ${address} without authentication: whoever reaches that address can dial and ` +
        'offer every service. Listen on a loopback address or a network that you trust.',
      { type: 'AstraNetWarning', code: 'ASTRA_WARN_UNAUTHENTICATED' },
    )
  }
}

/** Whether a system's address, with its port, names only this machine. */
export function isLoopbackAddress(address: string): boolean {
  return /^(127(\.\d+){3}|\[::1\]|\[::ffff:127(\.\d+){3}\]):\d+$/.test(address)
}
