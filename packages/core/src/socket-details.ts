import type { Origin } from './origin.js'
import type { SocketEnds } from './socket-ends.js'
import type { CheckedSocketOptions } from './socket-options.js'

/** @internal What a socket is made of, besides its stream. */
export interface SocketDetails {
  readonly ends: SocketEnds
  /** The stream's first bytes, which were read already. */
  readonly rest: Uint8Array | undefined
  readonly options: CheckedSocketOptions
  readonly origin: Origin
}
