import type { SocketEnds } from '../api/socket-ends.js'
import type { CheckedSocketOptions } from '../api/socket-options.js'
import type { Origin } from './origin.js'

/** @internal What is known of a socket before it is connected. */
export interface SocketSettings {
  readonly options: CheckedSocketOptions
  readonly origin: Origin
}

/** @internal What a connected socket is made of, besides its stream. */
export interface SocketDetails extends SocketSettings {
  readonly ends: SocketEnds
  /** The stream's first bytes, which arrived with the header or the answer. */
  readonly initialBytes: Uint8Array | undefined
}
