import { AstraError, formatNodeId, type NodeId } from '@astranet/interface'
import { secureError, type SecureErrorCode } from '../errors.js'
import type { LengthRange } from './lengths.js'

/** A message that cannot be one of this handshake, by its length. */
export function lengthError(length: number, { min, max }: LengthRange, message: number): AstraError {
  const allowed = min === max ? `${min}` : `${min} to ${max}`
  return secureError(
    'ASTRA_ERR_SECURE_HANDSHAKE',
    `Message ${message} of the handshake must have ${allowed} bytes and has ${length}: ` +
      'the peer speaks something else, or only one of the two sides has a secret.',
  )
}

/** The peer's first message was made with another secret. */
export function secretError(cause: unknown): AstraError {
  return secureError(
    'ASTRA_ERR_SECURE_SECRET',
    'The peer does not have the secret of this side, or its first message was not made for this connection.',
    { cause },
  )
}

/** The peer has proved an identity that is not the expected one. */
export function peerError(expected: NodeId, actual: NodeId): AstraError {
  return secureError(
    'ASTRA_ERR_SECURE_PEER',
    `The node at the other end is ${formatNodeId(actual)}, and ${formatNodeId(expected)} was expected.`,
  )
}

/** The peer has proved an identity key that is not the expected one. */
export function keyError(actual: NodeId): AstraError {
  return secureError(
    'ASTRA_ERR_SECURE_PEER',
    `The node at the other end, ${formatNodeId(actual)}, has another identity key than the one that was expected.`,
  )
}

/** Whether `error` is one of this package's with that code. */
export function hasCode(error: unknown, code: SecureErrorCode): boolean {
  return error instanceof AstraError && error.code === code
}
