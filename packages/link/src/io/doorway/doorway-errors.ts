import { AstraError } from '@astranet/interface'
import { CloseCode, LinkError, linkError, protocolError } from '../../proto/error-codes.js'

/** What went wrong in the doorway, as an error of the link. */
export function toLinkError(error: unknown): LinkError {
  if (error instanceof LinkError) return error
  if (!(error instanceof AstraError)) return internalError(error)
  switch (error.code) {
    case 'ASTRA_ERR_SECURE_TRUNCATED':
      return closedInDoorway(undefined)
    case 'ASTRA_ERR_SECURE_HANDSHAKE':
    case 'ASTRA_ERR_SECURE_SECRET':
    case 'ASTRA_ERR_SECURE_KEY':
    case 'ASTRA_ERR_SECURE_SIGNATURE':
    case 'ASTRA_ERR_SECURE_PEER':
      return linkError(CloseCode.AUTHENTICATION_FAILED, error.message, { cause: error })
    default:
      return internalError(error)
  }
}

/** The pipe ended or closed before the handshake was complete. */
export function closedInDoorway(reason: Error | undefined): LinkError {
  if (isFlood(reason)) return protocolError('sent more than is held before the handshake is complete')
  const message =
    reason === undefined
      ? 'the peer ended the connection during the handshake'
      : `the connection closed during the handshake: ${reason.message}`
  return new LinkError('ASTRA_ERR_LINK_CLOSED', message, { closeCode: CloseCode.NO_ERROR, cause: reason })
}

/** The two sides cannot have the same secret: one of them has none. */
export function onlyOneSecret(isOwn: boolean): LinkError {
  const message = isOwn
    ? 'this node has a secret, and the peer has none'
    : 'the peer has a secret, and this node has none'
  return linkError(CloseCode.AUTHENTICATION_FAILED, message)
}

/** Message 1 was here before: somebody has recorded it, and sends it again. */
export function repeated(): LinkError {
  return linkError(CloseCode.AUTHENTICATION_FAILED, "the peer repeats somebody's first message")
}

/** Too many handshakes are pending at this node, or the peer's host begins too many. */
export function busy(): LinkError {
  return linkError(CloseCode.BUSY, 'this node takes no further handshake now')
}

function isFlood(reason: Error | undefined): boolean {
  return reason instanceof AstraError && reason.code === 'ASTRA_ERR_SECURE_HANDSHAKE'
}

function internalError(cause: unknown): LinkError {
  const why = cause instanceof Error ? `: ${cause.message}` : ''
  return linkError(CloseCode.INTERNAL_ERROR, `this node failed in the handshake${why}`, { cause })
}
