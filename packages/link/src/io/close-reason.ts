import { SessionError } from '@astranet/mux'
import { CloseCode, linkError } from '../proto/error-codes.js'
import { printable } from '../proto/fields.js'

/** What the end of the session means for the link; `undefined` when it was intended. */
export function closeReason(error: Error | undefined): Error | undefined {
  if (!(error instanceof SessionError) || !error.isApplication || error.closeCode === undefined) return error
  if (error.closeCode === CloseCode.NO_ERROR) return undefined
  return linkError(error.closeCode, printable(error.message), { cause: error })
}
