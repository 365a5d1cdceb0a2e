import type {
  Connection,
  DialOptions,
  ListenOptions,
  Transport,
  TransportListener,
} from '@astranet/interface'
import { checkFunction, checkObject } from '@astranet/interface/check'
import { checkWsNetwork, WS_NETWORKS } from './address.js'
import { checkWsOptions, type CheckedOptions, type WsOptions } from './node-options.js'

/**
 * The transport over WebSocket, for the networks `ws` and `wss` (over TLS). It carries bytes in binary messages; their
 * boundaries mean nothing. WebSocket has no half-close: `end` closes both directions.
 *
 * Addresses are URLs (`ws://host:port/path`), `host:port` or `:port`, the last two with or without a path. Without a
 * host `listen` uses all interfaces, and `dial` this machine. Port 0 listens on a free one; a listener's own address
 * is `host:port` with its path. With the option `server` an address to listen on is a path. An address to listen on
 * has no query; one to dial may have one, which the listener does not look at.
 *
 * Errors are Node's own (`ECONNREFUSED`, `EADDRINUSE`, `ENOTFOUND`, those of certificates, ...), `ETIMEDOUT` when
 * `timeoutMs` runs out, and `ASTRA_ERR_WS_HANDSHAKE` when the address does not answer with AstraNet's WebSocket. A
 * connection ends with `ECONNRESET` when the peer aborted it, and `ASTRA_ERR_WS_TEXT` when the peer sent text.
 *
 * Throws a `TypeError` or `RangeError` that names the option when one is wrong or not known.
 */
export function ws(options: WsOptions = {}): Transport {
  return new WsTransport(checkWsOptions(options))
}

/** Loads HTTP, TLS and the WebSocket library with the first call that needs them, before its `timeoutMs` begins. */
class WsTransport implements Transport {
  readonly networks: readonly string[] = WS_NETWORKS
  readonly asksMayConnect = true
  readonly #options: CheckedOptions

  constructor(options: CheckedOptions) {
    this.#options = options
  }

  async dial(network: string, address: string, options?: DialOptions): Promise<Connection> {
    const known = checkWsNetwork(network)
    const { dialWs } = await import('./node-dial.js')
    return dialWs({ network: known, address, options: this.#options }, options)
  }

  async listen(network: string, address: string, events: ListenOptions): Promise<TransportListener> {
    const known = checkWsNetwork(network)
    checkFunction('options.onConnection', checkObject('options', events).onConnection)
    const { server } = this.#options
    if (server !== undefined) {
      const { listenMounted } = await import('./mounted-listener.js')
      return listenMounted({ network: known, path: address, server, options: this.#options }, events)
    }
    const { listenOwn } = await import('./own-server.js')
    return listenOwn({ network: known, address, options: this.#options }, events)
  }
}
