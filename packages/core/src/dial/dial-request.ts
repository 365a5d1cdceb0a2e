import type { Address } from '@astranet/interface'
import type { Stream } from '@astranet/mux'
import type { CheckedDialOptions, DialScope } from '../api/dial-options.js'
import type { Origin } from '../node/origin.js'
import type { SocketDetails } from '../node/socket-details.js'
import type { EarlySource } from './early-data.js'

/** @internal What was dialed, and how. */
export interface DialRequest {
  /** The address as the caller wrote it. */
  readonly text: string
  readonly address: Address
  readonly scope: DialScope
  readonly options: CheckedDialOptions
  /** The caller's context. */
  readonly origin: Origin
  /** The port at this end; by default a free one. */
  readonly localPort?: number
}

/** @internal What a socket that was dialed is made of, besides its stream. */
export interface DialedDetails extends SocketDetails {
  /** How many bytes of what was written before are on the stream already. */
  readonly sentEarly: number
}

/** @internal Receives the result of a call: exactly one of `accepted` and `reject`, once. */
export interface DialOutcome {
  /** What is written before the answer; without it nothing is sent before. */
  readonly early?: EarlySource
  /** The far side, or this node, has accepted. */
  accepted(stream: Stream, details: DialedDetails): void
  reject(reason: unknown): void
}

/** @internal A call that has not finished. Both have no effect once it has. */
export interface DialInFlight {
  /** Gives it up: it is rejected with the reason. */
  giveUp(reason?: unknown): void
  /** There is more to send before the answer, or the program has ended its direction. */
  wrote(): void
}
