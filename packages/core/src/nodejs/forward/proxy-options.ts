import { checkBoolean, checkInteger } from '@astranet/interface/check'
import { checkOptions, checkSignal, checkTimeout, type OptionNames } from '../../api/check.js'

/** How many connections a forward or a publication has open at once by default. */
export const DEFAULT_MAX_PROXIED_CONNECTIONS = 10_000

/** What `forward` and `publish` have in common. */
export interface ProxyOptions {
  /** How many connections may be open at once, 1 to 2^31 - 1; a further one is reset at once. Default 10,000. */
  maxConnections?: number
  /**
   * Whether each connection begins with a header of the PROXY protocol, version 2, which is taken off: it says where
   * the connection comes from. A connection without one within 5 s is reset. Default `false`.
   */
  acceptProxy?: boolean
  /**
   * Whether the other side is sent such a header first: with the ends of the header that was accepted, or those of the
   * connection itself. A node's end is the IPv6 address of its sockets, with the low 16 bits of the port. Default
   * `false`.
   */
  sendProxy?: boolean
  /** Aborting it closes the proxy at once. */
  signal?: AbortSignal
}

/** @internal */
export const PROXY_OPTIONS: OptionNames<ProxyOptions> = {
  maxConnections: true,
  acceptProxy: true,
  sendProxy: true,
  signal: true,
}

/** @internal The options, with defaults. */
export interface CheckedProxyOptions {
  readonly maxConnections: number
  readonly acceptProxy: boolean
  readonly sendProxy: boolean
  readonly signal: AbortSignal | undefined
}

/** @internal Throws a TypeError or RangeError that names the option. */
export function checkProxyOptions(options: ProxyOptions): CheckedProxyOptions {
  const { maxConnections = DEFAULT_MAX_PROXIED_CONNECTIONS, signal } = options
  return {
    maxConnections: checkInteger('options.maxConnections', maxConnections, { min: 1, max: 0x7fffffff }),
    acceptProxy: checkBoolean('options.acceptProxy', options.acceptProxy ?? false),
    sendProxy: checkBoolean('options.sendProxy', options.sendProxy ?? false),
    signal: checkSignal(signal),
  }
}

/** How a proxy is closed. */
export interface ProxyCloseOptions {
  /** How long open connections may go on, in ms, to 2^31 - 1; then they are reset. Default 0. */
  drainMs?: number
}

/** @internal Throws a TypeError or RangeError that names the option. */
export function checkProxyClose(options: ProxyCloseOptions): number {
  const { drainMs = 0 } = checkOptions('options', options, { drainMs: true })
  return checkTimeout('options.drainMs', drainMs)
}
