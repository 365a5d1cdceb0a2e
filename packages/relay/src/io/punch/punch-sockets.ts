import type { Connection } from '@astranet/interface'
import type { End } from '../../proto/punch/end.js'

/** What the ways through NATs have in common. */
export interface OpenOptions {
  readonly remote: End
  readonly signal: AbortSignal
  /** Called before each SYN; false: it is not sent. */
  readonly takeSyn: () => boolean
  /** A connection with the peer's address was made. More may follow until `signal` aborts. */
  readonly onConnection: (connection: Connection) => void
}

/** A listener for one round. */
export interface RoundListener {
  /** On all addresses of the machine. */
  readonly port: number
  /** Ends that a gateway forwards to this port, where it was asked for that. */
  readonly mapped: readonly End[]
  close(): Promise<void>
}

/** The sockets that punching needs of its runtime. */
export interface PunchSockets {
  /**
   * Listens on a port of all addresses of the machine: `port`, if it is not 0 and the runtime can listen at a port that
   * a link uses; otherwise a free one. `signal` ends what takes long.
   */
  listen(
    onConnection: (connection: Connection) => void,
    signal: AbortSignal,
    port: number,
  ): Promise<RoundListener>
  /** Connects; rejects with what the system says, or the signal's reason. */
  dial(remote: End, signal: AbortSignal): Promise<Connection>
  /** Connects to a peer that connects to `localPort` at the same time. */
  openSimultaneously(options: OpenOptions & { readonly localPort: number }): void
  /** Connects from 256 ports. */
  openManyPorts(options: OpenOptions): void
  /** Connects from `localPort` to many ports of the host. */
  tryPorts(options: OpenOptions & { readonly localPort: number }): void
}
