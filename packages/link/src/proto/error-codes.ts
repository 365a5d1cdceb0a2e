import { AstraError } from '@astranet/interface'

/**
 * Why a link was closed: application error codes of CONNECTION_CLOSE in `astranet/1` (spec section 9.1). A code that is
 * not listed is read as `INTERNAL_ERROR`.
 */
export const CloseCode = {
  /** Nothing is wrong: the link is no longer wanted. */
  NO_ERROR: 0x00,
  /** The peer broke a rule of `astranet/1`; the reason phrase says which. */
  PROTOCOL_ERROR: 0x01,
  /** The closing side failed; the peer did nothing wrong. */
  INTERNAL_ERROR: 0x02,
  /** The link was not open in time. */
  HELLO_TIMEOUT: 0x03,
  /** The handshake is complete, and this node does not admit the peer. */
  REFUSED: 0x04,
  /** The two sides do not have the same secret, or what a side sent in the handshake is not proved. */
  AUTHENTICATION_FAILED: 0x05,
  /** Both ends of the connection are the same node. */
  SELF: 0x06,
  /** Another link between the same two nodes is preferred. */
  DUPLICATE: 0x07,
  /** The closing node shuts down. */
  GOING_AWAY: 0x08,
  /** A message on the control stream is longer than the limit. */
  MESSAGE_TOO_LARGE: 0x09,
  /** Two different nodes have the same id. */
  CONFLICT: 0x0a,
  /** The node takes no further handshake now, or has no place for the link. */
  BUSY: 0x0b,
} as const
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode]

/**
 * Why a stream was reset or is no longer read: application error codes of RESET_STREAM and STOP_SENDING in `astranet/1`
 * (spec section 9.2). A code that is not listed is read as `CANCELLED`.
 */
export const StreamCode = {
  /** The application has no more use for the stream. */
  CANCELLED: 0x00,
  /** The answer on this stream is a refusal, which was sent before this code. */
  REFUSED: 0x01,
  /** The stream's header or answer is malformed, too long or unfinished. */
  HEADER_INVALID: 0x02,
  /** The stream was opened after a go-away: it was not processed and may be retried elsewhere. */
  GOING_AWAY: 0x03,
  /** The receiver ran out of memory for bytes that its application does not read. */
  EVICTED: 0x04,
  /** A node on the path of a tunnel lost its next hop. */
  PATH_LOST: 0x05,
  /** The resetting side failed; the peer did nothing wrong. */
  INTERNAL_ERROR: 0x06,
} as const
export type StreamCode = (typeof StreamCode)[keyof typeof StreamCode]

/** What a {@link LinkError} has besides code and message. */
export interface LinkErrorDetails {
  readonly closeCode: CloseCode
  readonly cause?: unknown
}

/**
 * An error of the link as a whole. `code` is one of
 * - `ASTRA_ERR_LINK_FOREIGN`: the peer speaks another protocol; the pipe is cut without a close frame;
 * - `ASTRA_ERR_LINK_VERSION`: the peer speaks another version, likewise;
 * - `ASTRA_ERR_LINK_CLOSED`: the link had ended before the call, or ended without an error while it waited;
 * - `ASTRA_ERR_LINK_PROTOCOL`, `_INTERNAL`, `_HELLO_TIMEOUT`, `_REFUSED`, `_AUTHENTICATION`, `_SELF`, `_DUPLICATE`,
 *   `_GOING_AWAY`, `_MESSAGE_TOO_LARGE`, `_CONFLICT`, `_BUSY`: the {@link CloseCode} of that meaning, sent or received.
 */
export class LinkError extends AstraError {
  /** The code that CONNECTION_CLOSE carries, where there is one to send. */
  readonly closeCode: CloseCode

  constructor(code: string, message: string, details: LinkErrorDetails) {
    super(code, message, details)
    this.name = 'LinkError'
    this.closeCode = details.closeCode
  }
}

const CODE_NAMES: Readonly<Record<CloseCode, string>> = {
  [CloseCode.NO_ERROR]: 'ASTRA_ERR_LINK_CLOSED',
  [CloseCode.PROTOCOL_ERROR]: 'ASTRA_ERR_LINK_PROTOCOL',
  [CloseCode.INTERNAL_ERROR]: 'ASTRA_ERR_LINK_INTERNAL',
  [CloseCode.HELLO_TIMEOUT]: 'ASTRA_ERR_LINK_HELLO_TIMEOUT',
  [CloseCode.REFUSED]: 'ASTRA_ERR_LINK_REFUSED',
  [CloseCode.AUTHENTICATION_FAILED]: 'ASTRA_ERR_LINK_AUTHENTICATION',
  [CloseCode.SELF]: 'ASTRA_ERR_LINK_SELF',
  [CloseCode.DUPLICATE]: 'ASTRA_ERR_LINK_DUPLICATE',
  [CloseCode.GOING_AWAY]: 'ASTRA_ERR_LINK_GOING_AWAY',
  [CloseCode.MESSAGE_TOO_LARGE]: 'ASTRA_ERR_LINK_MESSAGE_TOO_LARGE',
  [CloseCode.CONFLICT]: 'ASTRA_ERR_LINK_CONFLICT',
  [CloseCode.BUSY]: 'ASTRA_ERR_LINK_BUSY',
}

/** The error of a close code, whichever side sends it. A code outside the table counts as `INTERNAL_ERROR`. */
export function linkError(
  closeCode: number | bigint,
  message: string,
  options?: { cause?: unknown },
): LinkError {
  const known = isCloseCode(closeCode) ? closeCode : CloseCode.INTERNAL_ERROR
  return new LinkError(CODE_NAMES[known], message, { ...options, closeCode: known })
}

/** The error of a broken rule of `astranet/1`. `message` completes "the peer ...". */
export function protocolError(message: string): LinkError {
  return linkError(CloseCode.PROTOCOL_ERROR, `the peer ${message}`)
}

function isCloseCode(code: number | bigint): code is CloseCode {
  return typeof code === 'number' && code in CODE_NAMES
}
