import type { Transport } from '@astranet/interface'
import type { Stream } from '@astranet/mux'
import type { Arrivals } from '../listen/listener-queue.js'
import type { AstraNetOptions } from '../api/options.js'
import type { Origin } from './origin.js'
import type { SocketDetails } from './socket-details.js'

/**
 * @internal What a runtime gives a node: the shape of what its programs hold, and where it says what nobody asked for.
 * Everything else of a node is the same everywhere.
 */
export interface Platform<TSocket, TListener> extends Reporter {
  /** Dresses a stream. */
  socket(stream: Stream, details: SocketDetails): TSocket
  /** The origin of sockets that the caller dials; `latest`, an earlier result, when it is the same. */
  callerOrigin(latest: Origin | undefined): Origin
  /** The origin of the sockets of one listener. `onClosed` is called for each that was destroyed, where sockets tell. */
  acceptedOrigin(onClosed: () => void): Origin
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
