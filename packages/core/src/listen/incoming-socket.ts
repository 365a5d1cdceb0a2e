import type { Stream } from '@astranet/mux'
import type { SocketEnds } from '../api/socket-ends.js'
import type { RemoteIdentity } from '../links/remote-identity.js'

/**
 * @internal A stream that was dialed to a bound port and waits for the application. If it came from a peer and has to
 * wait, its `context` is its place in the peer's quota.
 */
export interface IncomingSocket {
  readonly stream: Stream
  readonly ends: SocketEnds
  /** Who dialed it. */
  readonly identity: RemoteIdentity
  /** The application's bytes that arrived with the header. */
  readonly initialBytes: Uint8Array | undefined
  /** Whether `ListenerQueue.expect` kept a place for it. */
  readonly isExpected?: boolean
}
