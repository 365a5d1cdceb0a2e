import { AstraError } from '@astranet/interface'

/**
 * The codes of this package's errors; `docs/ERRORS.md` has the cause and the cure of each. None ever changes its
 * meaning.
 */
export const TicketErrorCode = {
  /** A text is not a whole ticket as it was made, or bytes are no grant, or either has an unknown version. */
  INVALID: 'ASTRA_ERR_TICKET_INVALID',
  /** The grant's time is over. */
  EXPIRED: 'ASTRA_ERR_TICKET_EXPIRED',
  /** The grant has let as many nodes in as it may. */
  USED_UP: 'ASTRA_ERR_TICKET_USED_UP',
  /** The issuer has not signed the grant, or the handshake used the key of another grant. */
  FORGED: 'ASTRA_ERR_TICKET_FORGED',
  /** This node believes no grants of that issuer. */
  ISSUER: 'ASTRA_ERR_TICKET_ISSUER',
  /** The ledger is full, so it cannot count the use of one more grant or node. */
  LEDGER: 'ASTRA_ERR_TICKET_LEDGER',
} as const

/** One of the codes of this package's errors. */
export type TicketErrorCode = (typeof TicketErrorCode)[keyof typeof TicketErrorCode]

/** An error with one of this package's codes. */
export function ticketError(
  code: TicketErrorCode,
  message: string,
  options?: { cause?: unknown },
): AstraError {
  return new AstraError(code, message, options)
}
