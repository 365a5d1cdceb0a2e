import type { Server } from 'node:http'
import type { LookupFunction } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import { checkMemoryUse, type MemoryUse } from '@astranet/interface'
import { checkInteger, checkObject, checkOptions, type OptionNames } from '@astranet/interface/check'
import { checkProtocol, type CommonWsOptions } from './options.js'
import { checkOrigins } from './origins-option.js'

/** TLS of `wss`, with the option names of `node:tls`. A listener of its own needs `key` and `cert` (or `pfx`). */
export interface WsTlsOptions extends SecureContextOptions {
  /**
   * Whether a listener requests a certificate of clients, and refuses those without. Default `false`: browsers have
   * none.
   */
  requestCert?: boolean
  /** Whether a peer whose certificate is not trusted is refused. Default `true`; `false` is for experiments. */
  rejectUnauthorized?: boolean
  /** The name that a dialed peer's certificate must have. Default: the host that was dialed. */
  servername?: string
}

/** The options of {@link ws} on Node. */
export interface WsOptions extends CommonWsOptions {
  /** TLS of `wss`. Default: dialed servers must have a certificate of an authority that Node knows. */
  tls?: WsTlsOptions
  /**
   * An HTTP server to listen on, in place of one that the transport makes; for `wss` an HTTPS server. `listen` then
   * takes a path such as `'/astranet'`, without a query, which only one listener can have. Requests for other paths
   * are left to the server's other `'upgrade'` listeners, and get 404 when there are none. The caller starts the
   * server before `listen` (otherwise `ERR_SERVER_NOT_RUNNING`), and closes it.
   */
  server?: Server
  /**
   * Pages that may connect from a browser, as a list of origins such as `'https://example.org'`, or `'*'` for any. An
   * origin has a scheme, a host, and a port unless it is the scheme's own; no path, no slash at the end. Default: pages
   * that come from the scheme, host and port that they connect to; behind a proxy that terminates TLS the listener does
   * not know its own scheme, and the option must name the pages. In the clear (`ws`) at an address of this machine or
   * of a private network that host must also be `localhost` or an IP address, because a page can make its own name
   * resolve to such an address. Without this rule every page visited in the private network could reach a listener
   * there. Clients that are no browsers send no origin, and the option does not affect them.
   */
  origins?: readonly string[] | '*'
  /**
   * The longest message that is accepted, in bytes, 65,536 to 2^31 - 1; a longer one closes the connection. An
   * incomplete message is buffered up to this size, also before authentication. Default 65,536, the longest that this
   * transport sends.
   */
  maxMessageBytes?: number
  /**
   * How long a client of the transport's own server may take until it is a WebSocket, in ms, 1 to 2^31 - 1. Default
   * 10,000.
   */
  handshakeTimeoutMs?: number
  /**
   * Connections to the transport's own server that are not WebSockets yet, 1 or more. Default 100; for one more the
   * oldest is closed, and `onError` gets `ASTRA_ERR_WS_BUSY`.
   */
  maxPendingHandshakes?: number
  /** How host names are resolved, with the signature of `dns.lookup`. Default: `dns.lookup`. */
  lookup?: LookupFunction
  /**
   * Whether the process keeps memory that reading frees ({@link MemoryUse}): `'fast'`, or `'lean'` where memory
   * matters more than speed. Default `'fast'`.
   */
  memory?: MemoryUse
}

/** {@link WsOptions} with its defaults, checked. */
export interface CheckedOptions extends Omit<WsOptions, 'tls' | 'server' | 'lookup' | 'origins'> {
  readonly tls: WsTlsOptions
  readonly server: Server | undefined
  readonly lookup: LookupFunction | undefined
  readonly origins: readonly string[] | '*' | undefined
  readonly protocol: string
  readonly maxMessageBytes: number
  readonly handshakeTimeoutMs: number
  readonly maxPendingHandshakes: number
  readonly memory: MemoryUse
}

const NAMES: OptionNames<WsOptions> = {
  protocol: true,
  tls: true,
  server: true,
  origins: true,
  maxMessageBytes: true,
  handshakeTimeoutMs: true,
  maxPendingHandshakes: true,
  lookup: true,
  memory: true,
}

/** Throws a `TypeError` or `RangeError` that names the option that is wrong or not known. */
export function checkWsOptions(options: WsOptions): CheckedOptions {
  checkOptions('options', options, NAMES)
  const { maxMessageBytes = 65_536, handshakeTimeoutMs = 10_000, maxPendingHandshakes = 100 } = options
  checkInteger('options.maxMessageBytes', maxMessageBytes, { min: 65_536, max: 0x7fffffff })
  checkInteger('options.handshakeTimeoutMs', handshakeTimeoutMs, { min: 1, max: 0x7fffffff })
  checkInteger('options.maxPendingHandshakes', maxPendingHandshakes, { min: 1, max: Number.MAX_SAFE_INTEGER })
  return {
    tls: checkObject('options.tls', options.tls ?? {}),
    server: options.server,
    lookup: options.lookup,
    origins: checkOrigins(options.origins),
    protocol: checkProtocol(options),
    maxMessageBytes,
    handshakeTimeoutMs,
    maxPendingHandshakes,
    memory: checkMemoryUse(options.memory),
  }
}
