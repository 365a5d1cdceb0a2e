import type { SocketEnds } from '../api/socket-ends.js'
import type { CheckedSocketOptions } from '../api/socket-options.js'
import type { RemoteIdentity } from '../links/remote-identity.js'
import type { Origin } from './origin.js'

/** @internal What is known of a socket before it is connected. */
export interface SocketSettings {
  readonly options: CheckedSocketOptions
  readonly origin: Origin
}

/** @internal What a connected socket is made of, besides its stream. */
export interface SocketDetails extends SocketSettings {
  readonly ends: SocketEnds
  /** The node at the other end: one object for all sockets of a link. */
  readonly identity: RemoteIdentity
  /** The stream's first bytes, which arrived with the header or the answer. */
  readonly initialBytes: Uint8Array | undefined
  /** Whether nothing is read until the program resumes it. */
  readonly isPaused?: boolean
}
