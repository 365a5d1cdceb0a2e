import type { Clock } from '@astranet/interface'
import type { LinkError } from '../proto/error-codes.js'
import type { HandlerOf } from './link-options.js'

/** What the parts of a link know of the link as a whole. */
export interface LinkHost<L> {
  /** What the handler's functions are given as the link. */
  readonly link: L
  readonly handler: HandlerOf<L>
  readonly clock: Clock
  /** Whether the link ends or has ended: the handler is given nothing more that the peer sent. */
  readonly isClosing: boolean
  /** Closes the link: the peer broke a rule, or was refused. Without effect when it is closing. */
  fail(error: LinkError): void
}
