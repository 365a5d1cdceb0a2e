import { isIP, type LookupFunction } from 'node:net'
import { checkMemoryUse, type MemoryUse } from '@astranet/interface'
import {
  checkBoolean,
  checkFunction,
  checkInteger,
  checkObject,
  checkOptions,
  invalidValue,
  outOfRange,
  type OptionNames,
} from '@astranet/interface/check'
import type { ResolveSrv } from './srv.js'
import type { TlsOptions } from './tls-options.js'

/** The options of {@link tcp}. */
export interface TcpOptions {
  /**
   * How long a connection may be silent before the operating system probes its peer, in ms, 1,000 or more. The system
   * decides how often and how long it then probes. Default 30,000; `false` turns probing off. Unix sockets need none.
   */
  keepAliveDelayMs?: number | false
  /**
   * Connections that the system queues for a listener before they are accepted. Default 511; the system has its own
   * limit.
   */
  backlog?: number
  /**
   * The IP address of this machine from which dials leave. An address of the other family than this one is not dialed:
   * `EADDRNOTAVAIL` when there is no other. Default: the system chooses by the route.
   */
  localAddress?: string
  /**
   * The port from which dials leave, 0 to 65,535. 0 is a free port that the system chooses before it connects; such a
   * port can be shared by later dials to other addresses, as hole punching does. Default: the system chooses the port
   * when it connects, and no other socket can share it. Two dials from one port to one address fail with `EADDRINUSE`
   * or `EADDRNOTAVAIL`, and so does one from a port at which this machine listens without {@link reusePort}.
   */
  localPort?: number
  /**
   * Whether a listener shares its port with dials from that port, and with other such listeners. The system divides
   * connections among those listeners. On Node 26 and later (`net.BoundSocket`), where the system can; elsewhere
   * without effect. Default false.
   */
  reusePort?: boolean
  /** How host names are resolved, with the signature of `dns.lookup`. Default: `dns.lookup`. */
  lookup?: LookupFunction
  /**
   * How the SRV records of a name are resolved, for joins of a name without a port, with the signature of
   * `dns.promises.resolveSrv`. Default: `dns.promises.resolveSrv`.
   */
  resolveSrv?: ResolveSrv
  /** TLS with certificates on every network. Default: none. */
  tls?: TlsOptions
  /**
   * The protocol that both sides must agree on over TLS (ALPN): a side closes unless exactly this one was agreed.
   * 1 to 255 bytes. Default `astranet-1-qx02`.
   */
  alpnProtocol?: string
  /**
   * How long a client may take for the TLS handshake with a listener, in ms, 1 to 2^31 - 1. Default 10,000. Then it is
   * disconnected, and `onError` gets `ETIMEDOUT`. A dialer's own limit is `timeoutMs`.
   */
  handshakeTimeoutMs?: number
  /**
   * TLS handshakes in progress at a listener, 1 or more. Default 100; each takes some 50 KiB. For one more the
   * oldest is closed, and `onError` gets `ASTRA_ERR_TLS_BUSY`.
   */
  maxPendingHandshakes?: number
  /**
   * Whether the process keeps memory that reading frees ({@link MemoryUse}): `'fast'`, or `'lean'` where memory
   * matters more than speed. Default `'fast'`.
   */
  memory?: MemoryUse
}

/** The default of {@link TcpOptions.handshakeTimeoutMs}. */
export const DEFAULT_HANDSHAKE_TIMEOUT_MS = 10_000

/** The default of {@link TcpOptions.maxPendingHandshakes}. */
export const DEFAULT_MAX_PENDING_HANDSHAKES = 100

const MAX_TIMER_DELAY_MS = 0x7fffffff

/** Options of every socket, dialed or accepted. */
export interface SocketOptions {
  readonly allowHalfOpen: true
  readonly noDelay: true
  readonly keepAlive: boolean
  readonly keepAliveInitialDelay: number
}

/** Nagle's algorithm is off: small frames must leave at once, and the multiplexer above gathers what can wait. */
export function socketOptions(options: TcpOptions): SocketOptions {
  const delayMs = options.keepAliveDelayMs ?? 30_000
  return {
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: delayMs !== false,
    keepAliveInitialDelay: delayMs === false ? 0 : delayMs,
  }
}

const NAMES: OptionNames<TcpOptions> = {
  keepAliveDelayMs: true,
  backlog: true,
  localAddress: true,
  localPort: true,
  reusePort: true,
  lookup: true,
  resolveSrv: true,
  tls: true,
  alpnProtocol: true,
  handshakeTimeoutMs: true,
  maxPendingHandshakes: true,
  memory: true,
}

/** Throws a `TypeError` or `RangeError` that names the option that is wrong or not known. */
export function checkTcpOptions(options: TcpOptions): void {
  checkOptions('options', options, NAMES)
  if (options.tls !== undefined) checkObject('options.tls', options.tls)
  const { keepAliveDelayMs = false, alpnProtocol = 'x' } = options
  const { handshakeTimeoutMs, maxPendingHandshakes } = options
  if (keepAliveDelayMs !== false && !(keepAliveDelayMs >= 1_000)) {
    throw outOfRange('options.keepAliveDelayMs', 'at least 1000 or false', keepAliveDelayMs)
  }
  checkMemoryUse(options.memory)
  if (options.resolveSrv !== undefined) checkFunction('options.resolveSrv', options.resolveSrv)
  if (options.reusePort !== undefined) checkBoolean('options.reusePort', options.reusePort)
  checkLocalEnd(options)
  const alpnBytes = Buffer.byteLength(alpnProtocol)
  if (alpnBytes < 1 || alpnBytes > 255) {
    throw outOfRange('options.alpnProtocol', '1 to 255 bytes', alpnBytes)
  }
  if (handshakeTimeoutMs !== undefined)
    checkInteger('options.handshakeTimeoutMs', handshakeTimeoutMs, { min: 1, max: MAX_TIMER_DELAY_MS })
  if (maxPendingHandshakes !== undefined)
    checkInteger('options.maxPendingHandshakes', maxPendingHandshakes, {
      min: 1,
      max: Number.MAX_SAFE_INTEGER,
    })
}

function checkLocalEnd({ localAddress, localPort }: TcpOptions): void {
  if (localAddress !== undefined && isIP(localAddress) === 0)
    throw invalidValue('options.localAddress', 'must be an IP address', localAddress)
  if (localPort !== undefined) checkInteger('options.localPort', localPort, { min: 0, max: 0xffff })
}
