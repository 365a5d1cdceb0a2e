import type {
  Connection,
  DialOptions,
  ListenOptions,
  Transport,
  TransportListener,
} from '@astranet/interface'
import { invalidArgument } from '@astranet/interface/check'
import { dial } from './dial.js'
import { addressesOf, discover } from './discover.js'
import { listen } from './listener.js'
import { checkNetwork, NETWORKS } from './network.js'
import { nodeTls } from './node-modules.js'
import { checkTcpOptions, type TcpOptions } from './options.js'
import { tlsSettings, type TlsSettings } from './tls-settings.js'

/**
 * The transport over sockets of the operating system, for the networks `tcp` (IPv4 or IPv6), `tcp4`, `tcp6` and `unix`;
 * with TLS on each when `options` has `tls`.
 *
 * Addresses of TCP are `host:port`, `[IPv6]:port`, or `:port` (`listen`: all interfaces; `dial`: this machine). Port
 * 0 listens on a free one. `dial` on `tcp` tries both families in turn. Addresses of `unix` are paths; `*` listens at
 * a new path in the folder of temporary files. A socket's file that was left behind gives `EADDRINUSE`, as with
 * `net`. Every socket has Nagle's algorithm off, the system's keep-alive on, and half-close.
 *
 * Errors are Node's own (`ECONNREFUSED`, `EADDRINUSE`, `ENOTFOUND`, `EHOSTUNREACH`, ...), `ETIMEDOUT` when
 * `timeoutMs` runs out, which limits the TLS handshake too, and those of the handshake:
 * `ASTRA_ERR_TLS_CERTIFICATE`, `ASTRA_ERR_TLS_ALPN`, `ASTRA_ERR_TLS_HANDSHAKE`. Over TLS 1.3 a client is done before
 * the server has checked its certificate: when the server does not trust it, `dial` resolves and the connection then
 * closes.
 *
 * Throws a `TypeError` or `RangeError` that names the option when one is wrong or not known. Names in `tls` are Node's,
 * and are not checked.
 */
export function tcp(options: TcpOptions = {}): Transport {
  checkTcpOptions(options)
  checkContext(options)
  return new TcpTransport(options)
}

class TcpTransport implements Transport {
  readonly networks: readonly string[] = NETWORKS
  readonly asksMayConnect = true
  readonly #options: TcpOptions
  #settings: TlsSettings | undefined

  constructor(options: TcpOptions) {
    this.#options = options
  }

  async dial(network: string, address: string, options?: DialOptions): Promise<Connection> {
    return dial(this.#request(network, address), options)
  }

  async discover(network: string, address: string, dialOptions?: DialOptions): Promise<readonly string[]> {
    return await discover(checkNetwork(network), address, { options: this.#options, dialOptions })
  }

  async addressesOf(network: string, address: string, dialOptions?: DialOptions): Promise<readonly string[]> {
    return await addressesOf(checkNetwork(network), address, { options: this.#options, dialOptions })
  }

  async listen(network: string, address: string, options: ListenOptions): Promise<TransportListener> {
    const { tls } = this.#options
    if (tls !== undefined && tls.pfx === undefined && (tls.key === undefined || tls.cert === undefined)) {
      throw invalidArgument('options.tls', 'must have key and cert, or pfx, to listen')
    }
    return listen(this.#request(network, address), options)
  }

  #request(network: string, address: string): Parameters<typeof listen>[0] {
    return {
      network: checkNetwork(network),
      address,
      options: this.#options,
      settings: () => (this.#settings ??= tlsSettings(this.#options)),
    }
  }
}

/** Throws when keys or certificates cannot be read: a mistake of the caller is reported at once. */
function checkContext({ tls }: TcpOptions): void {
  if (tls === undefined) return
  try {
    nodeTls().createSecureContext(tls)
  } catch (cause) {
    throw Object.assign(invalidArgument('options.tls', `is invalid: ${(cause as Error).message}`), { cause })
  }
}
