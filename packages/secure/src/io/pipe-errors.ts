import { AstraError } from '@astranet/interface'
import { secureError } from '../proto/errors.js'

/** The pipe ended before the handshake was complete. */
export function endedInHandshake(): AstraError {
  return secureError(
    'ASTRA_ERR_SECURE_TRUNCATED',
    'The peer ended the pipe during the handshake: it speaks something else, or does not have the same secret.',
  )
}

/** The peer sent more during the handshake than is held for it, over a pipe that does not pause. */
export function tooMuchInHandshake(limitBytes: number): AstraError {
  return secureError(
    'ASTRA_ERR_SECURE_HANDSHAKE',
    `The peer sent more than ${limitBytes} bytes before the handshake was complete.`,
  )
}

/** The pipe ended without the authenticated end of the peer's records. */
export function endedInRecords(): AstraError {
  return secureError(
    'ASTRA_ERR_SECURE_TRUNCATED',
    'The pipe ended before the peer had ended its direction: bytes may be missing, or an attacker cut it.',
  )
}

/** The pipe closed although this side had not ended. */
export function closedTooEarly(): AstraError {
  return new AstraError('ECONNRESET', 'The pipe closed before this side had ended its direction.')
}
