import type { Stream } from '@astranet/mux'
import type { SocketDetails } from '../../node/socket-details.js'

/** @internal A connection that a server has accepted. */
export class AcceptedStream {
  readonly stream: Stream
  readonly details: SocketDetails
  /** The server. */
  readonly server: object
  /** The address of both ends, for a connection of this node with itself. */
  readonly loopback: string | undefined

  constructor(
    stream: Stream,
    details: SocketDetails,
    { server, loopback }: { server: object; loopback: string | undefined },
  ) {
    this.stream = stream
    this.details = details
    this.server = server
    this.loopback = loopback
  }
}
