import type { Stream } from '@astranet/mux'
import type { Origin } from './origin.js'
import type { SocketDetails } from './socket-details.js'

/** @internal Makes the sockets of a runtime. */
export interface SocketFactory<TSocket> {
  /** Wraps a connected stream. */
  socket(stream: Stream, details: SocketDetails): TSocket
  /** The origin of a socket that the caller dials. */
  callerOrigin(): Origin
  /**
   * The origins of the sockets of one listener: each call of the result is for one. `onClosed` is called for each
   * destroyed socket, if the runtime reports it.
   */
  acceptedOrigins(onClosed: () => void): () => Origin
}
