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
  /** The IP addresses at which other machines may reach this one. */
  hostAddresses(): readonly string[]
  /** The transports of a node that was given none. */
  transports(options: AstraNetOptions): readonly Transport[]
  /** How links learn that the program ends. */
  readonly atExit: AtExit
}

/** @internal What leaves when a program ends: a link. */
export interface Leaver {
  /** Sends what is to be sent, at once. */
  closeNow(): void
  /** Waits until the other end has got it, for `ms` at most. */
  linger(ms: number): void
}

/**
 * @internal Has `leaver` leave when the program ends by itself, unless what this returns was called before. Where a program
 * cannot know of its end, never.
 */
export type AtExit = (leaver: Leaver) => () => void

/** @internal Where a node says what nobody asked for. */
export interface Reporter {
  /** Tells those who observe the program, under a name such as `astranet:link:refused`. */
  publish(name: string, message: object): void
  /** Tells whoever runs the program. `code` is one of `ASTRA_WARN_*`. */
  warn(message: string, code: string): void
}
