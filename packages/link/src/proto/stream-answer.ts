import { AstraError } from '@astranet/interface'
import type { LinkError } from './error-codes.js'
import { fieldError, printable, readText, readUint } from './fields.js'
import { pairFromWire, pairToWire, type PairFacts } from './pair-facts.js'

/** Why a stream was refused, as numbers on the wire (spec section 6.3). */
export const RefusalReason = {
  /** There is no listener on the port. */
  CONNECTION_REFUSED: 1,
  /** The listener's queue is full. */
  BACKLOG_FULL: 2,
  /** The destination of a tunnel is not known here. */
  NO_SUCH_NODE: 3,
  /** The destination of a tunnel is known but cannot be reached. */
  UNREACHABLE: 4,
  /** A policy does not allow it. */
  FORBIDDEN: 5,
  /** The node shuts down; another may serve. */
  GOING_AWAY: 6,
  /** The kind of stream, or what it asks for, is not known here. */
  NOT_SUPPORTED: 7,
  /** The header is malformed. */
  INVALID: 8,
  /** The path to the destination did not answer in time. */
  TIMED_OUT: 9,
  /** The receiver failed; the dialer did nothing wrong. */
  INTERNAL_ERROR: 10,
  /** A router forwards no more for the node: it has as many tunnels as it may have. */
  QUOTA: 11,
} as const
export type RefusalReason = (typeof RefusalReason)[keyof typeof RefusalReason]

/** The longest text of a refusal, in UTF-16 units; longer ones are cut. */
export const MAX_REFUSAL_TEXT = 200

/** The second message on a stream, from its acceptor. */
export type StreamAnswer =
  | { readonly kind: 'accepted'; readonly pair: PairFacts | undefined }
  | { readonly kind: 'refused'; readonly reason: number; readonly text: string }

const NODE_CODES: Readonly<Record<RefusalReason, string>> = {
  [RefusalReason.CONNECTION_REFUSED]: 'ECONNREFUSED',
  [RefusalReason.BACKLOG_FULL]: 'ECONNREFUSED',
  [RefusalReason.NO_SUCH_NODE]: 'EHOSTUNREACH',
  [RefusalReason.UNREACHABLE]: 'EHOSTUNREACH',
  [RefusalReason.FORBIDDEN]: 'EACCES',
  [RefusalReason.GOING_AWAY]: 'ECONNREFUSED',
  [RefusalReason.NOT_SUPPORTED]: 'EOPNOTSUPP',
  [RefusalReason.INVALID]: 'EPROTO',
  [RefusalReason.TIMED_OUT]: 'ETIMEDOUT',
  [RefusalReason.INTERNAL_ERROR]: 'ECONNREFUSED',
  [RefusalReason.QUOTA]: 'EDQUOT',
}

/**
 * Why a dial or tunnel failed. `code` is Node's: `ECONNREFUSED`, `EHOSTUNREACH`, `EACCES`, `EDQUOT`,
 * `EOPNOTSUPP`, `EPROTO`, `ETIMEDOUT` for a refusal by the peer; `ECONNRESET` when the link or stream ended before the
 * answer; `ECONNABORTED` when the dial was cancelled here.
 */
export class DialError extends AstraError {
  /** The peer's reason (see {@link RefusalReason}; later versions may send others); `undefined` when it gave none. */
  readonly reason: number | undefined
  /** The peer's sentence; `undefined` when it gave no reason. */
  readonly text: string | undefined
  /** Whether the peer certainly did not act on the stream, so that dialing again, elsewhere, repeats nothing. */
  readonly isRetryable: boolean

  constructor(code: string, message: string, options: DialErrorOptions = {}) {
    super(code, message, options)
    this.name = 'DialError'
    this.reason = options.reason
    this.text = options.text
    this.isRetryable = options.isRetryable ?? false
  }
}

/** What a {@link DialError} has besides code and message. */
export interface DialErrorOptions {
  readonly reason?: number
  readonly text?: string
  /** Default `false`. */
  readonly isRetryable?: boolean
  readonly cause?: unknown
}

/** The error of a refusal. A reason that this version does not know becomes `ECONNREFUSED`. */
export function refusalError(reason: number, text: string): DialError {
  const code = NODE_CODES[reason as RefusalReason] ?? 'ECONNREFUSED'
  const message = text === '' ? 'the peer refused the stream' : `the peer refused the stream: ${text}`
  return new DialError(code, message, { reason, text, isRetryable: true })
}

/** The array of an acceptance on the wire. */
export const ACCEPTED_WIRE: readonly unknown[] = [0]

/** The array of the acceptance of a tunnel. */
export function acceptanceToWire(pair: PairFacts | undefined): readonly unknown[] {
  return [...ACCEPTED_WIRE, ...pairToWire(pair)]
}

/** The array of a refusal on the wire. Control characters are replaced, a longer text is cut. */
export function refusalToWire(reason: RefusalReason, text: string): readonly unknown[] {
  return [reason, printable(text.slice(0, MAX_REFUSAL_TEXT))]
}

const ACCEPTED: StreamAnswer = { kind: 'accepted', pair: undefined }

/** Reads the answer that came over the wire; an error names what is wrong with it. Further elements are ignored. */
export function answerFromWire(value: unknown): StreamAnswer | LinkError {
  const reason = Array.isArray(value) ? readUint(value[0], Number.MAX_SAFE_INTEGER) : undefined
  if (reason === undefined) return fieldError('an answer', 'that is not an array beginning with a number')
  const fields = value as readonly unknown[]
  if (reason !== 0) return { kind: 'refused', reason, text: readText(fields[1], MAX_REFUSAL_TEXT) }
  if (fields.length === 1) return ACCEPTED
  // Elements of another form are ignored: they may belong to an answer of another kind of stream, or of a later
  // version.
  const pair = pairFromWire(fields.slice(1))
  return pair === false ? ACCEPTED : { kind: 'accepted', pair }
}
