import { CloseCode, LinkError } from '@astranet/link'
import { SessionError } from '@astranet/mux'

/** This node has no place for a link. The peer gets the same code and sentence. */
export class NoPlaceError extends LinkError {
  constructor(message: string) {
    super('ASTRA_ERR_LINK_BUSY', message, { closeCode: CloseCode.BUSY })
  }
}

/**
 * Whether a link did not come about because one of the two nodes has no place for it. The other node says so in the
 * session; what it seems to say before that is in the clear, and anybody on the path may have written it.
 */
export function isForWantOfPlace(error: Error): boolean {
  if (error instanceof NoPlaceError) return true
  return (
    error instanceof LinkError && error.closeCode === CloseCode.BUSY && error.cause instanceof SessionError
  )
}
