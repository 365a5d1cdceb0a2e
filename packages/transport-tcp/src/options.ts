import type { LookupFunction } from 'node:net'

/** What {@link tcp} can be told. */
export interface TcpOptions {
  /**
   * How long a connection may be silent before the operating system probes its peer, in ms, 1,000 or more; how often and
   * how long it then probes is the system's. Default 30,000; `false` turns probing off.
   */
  keepAliveDelayMs?: number | false
  /** Connections that the system queues for a listener before they are accepted. Default 511; the system has its own limit. */
  backlog?: number
  /** How host names are resolved, with the signature of `dns.lookup`. Default: `dns.lookup`. */
  lookup?: LookupFunction
}

/** Options of every socket, dialed or accepted. */
export interface SocketOptions {
  readonly allowHalfOpen: true
  readonly noDelay: true
  readonly keepAlive: boolean
  readonly keepAliveInitialDelay: number
}

/** Small frames must leave at once: the multiplexer above gathers what can wait. */
export function socketOptions(options: TcpOptions): SocketOptions {
  const delayMs = options.keepAliveDelayMs ?? 30_000
  if (delayMs !== false && !(delayMs >= 1_000)) {
    throw new RangeError(`keepAliveDelayMs must be at least 1000 or false, got ${delayMs}`)
  }
  return {
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: delayMs !== false,
    keepAliveInitialDelay: delayMs === false ? 0 : delayMs,
  }
}
