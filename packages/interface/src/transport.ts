import type { ByteDuplex } from './byte-duplex.js'

/** An ordered reliable byte pipe that a transport made. */
export type Connection = ByteDuplex

/** How to dial. */
export interface DialOptions {
  /** Gives up when aborted; the promise rejects with the signal's reason. */
  signal?: AbortSignal
  /** Gives up after this many ms with `ETIMEDOUT`. Default 10,000; 0 means no limit of its own. */
  timeoutMs?: number
  /**
   * Whether an IP address may be connected to, asked for each one that `address` is or stands for. When none may, `dial`
   * rejects with `EACCES`. Default: all. Only for a transport that {@link Transport.asksMayConnect asks}.
   */
  mayConnect?: (host: string) => boolean
}

/** How to listen. */
export interface ListenOptions {
  /** Called once for each connection accepted. It should call `connection.handle` before it returns. */
  onConnection(connection: Connection): void
  /** Called when accepting one connection failed, or the listener itself broke. Default: the error is dropped. */
  onError?(error: Error): void
}

/** A transport's listener. */
export interface TransportListener {
  /** The network it was asked for, for example `'tcp4'`. */
  readonly network: string
  /** The address it listens on (with the real port in place of port 0), in the form that `dial` takes. */
  readonly address: string
  /**
   * Whether a connection is accepted only from a peer that has proved that it belongs to the network (a shared
   * secret, a certificate that is requested and checked). Default `false`.
   */
  readonly isAuthenticated?: boolean
  /** Whether only this machine can reach the address: a loopback address, a Unix socket, memory. Default `false`. */
  readonly isLocal?: boolean
  /** Stops accepting. Accepted connections stay open. Idempotent; resolves when the address is free. */
  close(): Promise<void>
  /** It does not keep the process alive any more. Absent where it never does. */
  unref?(): void
  /** It keeps the process alive while it listens, as at first. */
  ref?(): void
}

/**
 * Makes connections. A node has a list of transports; the network's name chooses one, as in `dial('tcp4', ...)`.
 *
 * Errors of `dial` and `listen` are the runtime's own, with its `code`: `ECONNREFUSED`, `EADDRINUSE`, `ENOTFOUND`,
 * `ETIMEDOUT`, ... An address that cannot be read rejects with a `TypeError` or `RangeError` that names it.
 */
export interface Transport {
  /** The names it answers to, for example `['tcp', 'tcp4', 'tcp6']`. Never empty. */
  readonly networks: readonly string[]
  /**
   * Whether `dial` obeys `mayConnect`. Default `false`: then a node dials no host names that other nodes advertise,
   * because they could stand for any address.
   */
  readonly asksMayConnect?: boolean
  /** Connects to `address`; resolves when bytes can be written. */
  dial(network: string, address: string, options?: DialOptions): Promise<Connection>
  /**
   * The addresses for `dial` that `address` stands for, one or more, to be tried in this order: those that a name
   * service has for a name without a port, otherwise the address itself. Rejects with `ENOTFOUND` when the service has
   * none. Absent: every address can be dialed.
   */
  discover?(network: string, address: string, options?: DialOptions): Promise<readonly string[]>
  /**
   * The addresses that `dial` chooses from, where `address` is a host name with several. A caller tries them one by one
   * when `dial` has reached the wrong program. Absent, or a single address: there is no choice.
   */
  addressesOf?(network: string, address: string, options?: DialOptions): Promise<readonly string[]>
  /** Listens on `address`; resolves when connections are accepted. */
  listen(network: string, address: string, options: ListenOptions): Promise<TransportListener>
}
