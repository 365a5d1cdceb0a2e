import { SessionError } from '@astranet/mux'
import { CloseCode, linkError } from '../proto/error-codes.js'
import { printable } from '../proto/fields.js'

/** The link's error for the end of its session; `undefined` when the end was intended. */
export function closeReason(error: Error | undefined): Error | undefined {
  if (!(error instanceof SessionError) || !error.isApplication || error.closeCode === undefined) return error
  if (error.closeCode === CloseCode.NO_ERROR) return undefined
  return linkError(error.closeCode, printable(error.message), { cause: error })
}
