import type { Stream } from '@astranet/mux'
import type { SocketEnds } from '../api/socket-ends.js'

/** @internal A stream that was dialed to a bound port and waits for the application. */
export interface IncomingSocket {
  readonly stream: Stream
  readonly ends: SocketEnds
  /** The application's bytes that arrived with the header. */
  readonly initialBytes: Uint8Array | undefined
  /** Whether `ListenerQueue.expect` kept a place for it. */
  readonly isExpected?: boolean
}
