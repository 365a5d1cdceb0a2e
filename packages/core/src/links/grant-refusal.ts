import { AstraError } from '@astranet/interface'
import { CloseCode, linkError, LinkError } from '@astranet/link'
import { TicketErrorCode } from '@astranet/ticket'

const CODES: readonly string[] = Object.values(TicketErrorCode)

/** The code that {@link grantRefusal} puts in front of its sentence. */
const CODED_SENTENCE = /\b(ASTRA_ERR_TICKET_[A-Z_]+): (.*)$/s

/** Why a peer is refused because of its grant. The code is in the sentence, so that the peer's program can branch on it. */
export function grantRefusal(fault: AstraError): LinkError {
  return linkError(CloseCode.REFUSED, `${fault.code}: ${fault.message}`, { cause: fault })
}

/**
 * The error of a join by a grant: where the other side has refused the grant, an error with the code of that refusal
 * and the refused link as its `cause`; any other error as it is.
 */
export function grantError(error: unknown): unknown {
  if (!(error instanceof LinkError) || error.closeCode !== CloseCode.REFUSED) return error
  const [, code = '', sentence = ''] = CODED_SENTENCE.exec(error.message) ?? []
  return CODES.includes(code) ? new AstraError(code, sentence, { cause: error }) : error
}
