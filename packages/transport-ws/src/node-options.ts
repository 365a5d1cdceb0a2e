import type { Server } from 'node:http'
import type { LookupFunction } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import { checkMemoryUse, type MemoryUse } from '@astranet/interface'
import { checkInteger } from '@astranet/interface/check'
import { checkProtocol, type CommonWsOptions } from './options.js'

/** TLS of `wss`, in `node:tls`'s words. A listener of its own needs `key` and `cert` (or `pfx`). */
export interface WsTlsOptions extends SecureContextOptions {
  /** Whether a listener asks clients for a certificate, and turns away those without. Default `false`: browsers have none. */
  requestCert?: boolean
  /** Whether a peer whose certificate is not trusted is turned away. Default `true`; `false` is for trying things out. */
  rejectUnauthorized?: boolean
  /** The name that a dialed peer's certificate must have. Default: the host that was dialed. */
  servername?: string
}

/** What {@link ws} can be told on Node. */
export interface WsOptions extends CommonWsOptions {
  /** TLS of `wss`. Default: dialed servers must have a certificate of an authority that Node knows. */
  tls?: WsTlsOptions
  /**
   * An HTTP server to listen on, in place of one of our own; for `wss` an HTTPS server. `listen` then takes a path such as
   * `'/astranet'`, without a query, which only one listener can have. Requests for other paths are left to the server's
   * other `'upgrade'` listeners, and get 404 when there are none. It is the caller's to start, before anything listens at a
   * path of it (`ERR_SERVER_NOT_RUNNING`), and to close.
   */
  server?: Server
  /**
   * Pages that may connect from a browser, as origins such as `'https://example.org'`, or `'*'` for any. Default: pages that
   * come from the scheme, host and port that they connect to; in the clear (`ws`, not `isBehindTls`) on an address of this
   * machine's or of a private network, only if that host is `localhost` or an IP address, since a page can make its own
   * name mean such an address. Without this, every page that somebody visits inside could reach a listener there. Clients
   * that are no browsers say no origin and are not concerned.
   */
  origins?: readonly string[] | '*'
  /**
   * Whether something in front of `ws` listeners, such as a reverse proxy, ends TLS: connections then count as
   * confidential. Default `false`.
   */
  isBehindTls?: boolean
  /**
   * The longest message that is taken, in bytes, 65,536 or more; a longer one closes the connection. So much is held of a
   * message that is not complete, of a stranger's too. Default 65,536, than which this transport sends none longer.
   */
  maxMessageBytes?: number
  /** How long a client of a listener of its own may take until it is a WebSocket, in ms, 1 to 2^31 - 1. Default 10,000. */
  handshakeTimeoutMs?: number
  /**
   * Connections to a listener of its own that are not WebSockets yet, 1 or more. Default 100; for one more the
   * oldest is cut, and `onError` gets `ASTRA_ERR_WS_BUSY`.
   */
  maxPendingHandshakes?: number
  /** How host names are resolved, with the signature of `dns.lookup`. Default: `dns.lookup`. */
  lookup?: LookupFunction
  /**
   * Whether the process keeps memory that reading frees ({@link MemoryUse}): `'fast'`, or `'lean'` where memory matters more
   * than speed. Default `'fast'`.
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
  readonly isBehindTls: boolean
  readonly maxMessageBytes: number
  readonly handshakeTimeoutMs: number
  readonly maxPendingHandshakes: number
  readonly memory: MemoryUse
}

/** Throws a `TypeError` or `RangeError` that names the option that is wrong. */
export function checkOptions(options: WsOptions): CheckedOptions {
  const { maxMessageBytes = 65_536, handshakeTimeoutMs = 10_000, maxPendingHandshakes = 100 } = options
  checkInteger('maxMessageBytes', maxMessageBytes, { min: 65_536, max: 0x7fffffff })
  checkInteger('handshakeTimeoutMs', handshakeTimeoutMs, { min: 1, max: 0x7fffffff })
  checkInteger('maxPendingHandshakes', maxPendingHandshakes, { min: 1, max: Number.MAX_SAFE_INTEGER })
  return {
    tls: options.tls ?? {},
    server: options.server,
    lookup: options.lookup,
    origins: options.origins,
    protocol: checkProtocol(options),
    isBehindTls: options.isBehindTls ?? false,
    maxMessageBytes,
    handshakeTimeoutMs,
    maxPendingHandshakes,
    memory: checkMemoryUse(options.memory),
  }
}
