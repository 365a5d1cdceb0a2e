import type { Transport } from '@astranet/interface'
import type { Stream } from '@astranet/mux'
import type { Arrivals } from './arrivals.js'
import type { AstraNetOptions } from './options.js'
import type { SocketEnds } from './socket-ends.js'
import type { CheckedSocketOptions } from './socket-options.js'

/**
 * @internal What a runtime gives a node: the shape of what its programs hold, and where it says what nobody asked for.
 * Everything else of a node is the same everywhere.
 */
export interface Platform<TSocket, TListener> extends Reporter {
  /** Dresses a stream; `rest` are its first bytes, which were read already. */
  socket(
    stream: Stream,
    ends: SocketEnds,
    rest: Uint8Array | undefined,
    options: CheckedSocketOptions,
  ): TSocket
  /** Dresses a bound port. */
  listener(arrivals: Arrivals<TSocket>): TListener
  /** The transports of a node that was given none. */
  transports(options: AstraNetOptions): readonly Transport[]
}

/** @internal Where a node says what nobody asked for. */
export interface Reporter {
  /** Tells those who observe the program, under a name such as `astranet:link:refused`. */
  publish(name: string, message: object): void
  /** Tells whoever runs the program. `code` is one of `ASTRA_WARN_*`. */
  warn(message: string, code: string): void
}
