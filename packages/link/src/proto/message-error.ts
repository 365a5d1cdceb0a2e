import type { AstraError } from '@astranet/interface'
import { CloseCode, linkError, type LinkError } from './error-codes.js'

/** The link's error for a message that could not be read. `what` is the kind of message, such as `'a HELLO'`. */
export function messageError(cause: AstraError, what: string): LinkError {
  const isTooLarge = cause.code === 'ASTRA_ERR_MESSAGE_TOO_LARGE'
  const closeCode = isTooLarge ? CloseCode.MESSAGE_TOO_LARGE : CloseCode.PROTOCOL_ERROR
  return linkError(closeCode, `${what} cannot be read: ${cause.message}`, { cause })
}
