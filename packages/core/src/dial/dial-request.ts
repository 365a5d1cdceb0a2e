import type { Address } from '@astranet/interface'
import type { Stream } from '@astranet/mux'
import type { CheckedDialOptions, DialScope } from '../api/dial-options.js'
import type { Origin } from '../node/origin.js'
import type { SocketDetails } from '../node/socket-details.js'

/** @internal What was dialed, and how. */
export interface DialRequest {
  /** The address as the caller wrote it. */
  readonly text: string
  readonly address: Address
  readonly scope: DialScope
  readonly options: CheckedDialOptions
  /** The caller's context. */
  readonly origin: Origin
}

/** @internal Receives the result of a call: exactly one of these, once. */
export interface DialOutcome {
  /** The far side, or this node, has accepted. */
  accepted(stream: Stream, details: SocketDetails): void
  reject(reason: unknown): void
}
