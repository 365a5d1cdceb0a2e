import type {
  Connection,
  DialOptions,
  ListenOptions,
  Transport,
  TransportListener,
} from '@astranet/interface'
import { checkTcpNetwork, TCP_NETWORKS } from './address.js'
import { dialTcp } from './dial.js'
import { listenTcp } from './listener.js'
import { socketOptions, type TcpOptions } from './options.js'

/**
 * The transport over TCP, for the networks `tcp` (IPv4 or IPv6), `tcp4` and `tcp6`.
 *
 * Addresses are `host:port`, `[IPv6]:port`, or `:port`: all interfaces to listen on, this machine to dial. Port 0 listens
 * on a free one. `dial` on `tcp` tries both families in turn. Every socket has Nagle's algorithm off, the system's
 * keep-alive on, and ends its two directions apart.
 *
 * Errors are Node's own (`ECONNREFUSED`, `EADDRINUSE`, `ENOTFOUND`, `EHOSTUNREACH`, ...), and `ETIMEDOUT` when `timeoutMs`
 * runs out. Throws a `RangeError` that names the option when one is out of range.
 */
export function tcp(options: TcpOptions = {}): Transport {
  socketOptions(options)
  return new TcpTransport(options)
}

class TcpTransport implements Transport {
  readonly networks: readonly string[] = TCP_NETWORKS
  readonly #options: TcpOptions

  constructor(options: TcpOptions) {
    this.#options = options
  }

  async dial(network: string, address: string, options?: DialOptions): Promise<Connection> {
    return dialTcp(checkTcpNetwork(network), address, this.#options, options)
  }

  async listen(network: string, address: string, options: ListenOptions): Promise<TransportListener> {
    return listenTcp(checkTcpNetwork(network), address, this.#options, options)
  }
}
