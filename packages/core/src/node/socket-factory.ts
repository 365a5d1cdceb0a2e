import type { Stream } from '@astranet/mux'
import type { Origin } from './origin.js'
import type { SocketDetails } from './socket-details.js'

/** @internal Makes the sockets of a runtime. */
export interface SocketFactory<TSocket> {
  /** Wraps a connected stream. */
  socket(stream: Stream, details: SocketDetails): TSocket
  /** The origin of the sockets that the caller dials. `latest` is an earlier result; it is returned if it is the same. */
  callerOrigin(latest: Origin | undefined): Origin
  /** The origin of the sockets of one listener. `onClosed` is called for each destroyed socket, if the runtime reports it. */
  acceptedOrigin(onClosed: () => void): Origin
}
