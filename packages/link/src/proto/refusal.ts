import { CloseCode, linkError, type LinkError } from './error-codes.js'

/** What each code of a refusal means to the side that receives it. */
const SENTENCES: Readonly<Partial<Record<CloseCode, string>>> = {
  [CloseCode.AUTHENTICATION_FAILED]: 'the two sides do not have the same secret',
  [CloseCode.BUSY]: 'it takes no further handshake now; try again later',
  [CloseCode.PROTOCOL_ERROR]: 'it cannot make sense of what this node sent',
  [CloseCode.HELLO_TIMEOUT]: 'this node took too long',
}

/** Whether a refusal may carry the code. */
export function isRefusalCode(code: CloseCode): boolean {
  return SENTENCES[code] !== undefined
}

/** What a responder sends in place of message 2, in the clear (spec section 4.3). */
export function encodeRefusal(code: CloseCode): Uint8Array {
  return Uint8Array.of(0, 0, code)
}

/**
 * The error of a refusal that arrived. Anybody on the path can write one, so it may end this attempt and nothing else:
 * other codes, which would say something of the peer, count as `PROTOCOL_ERROR`.
 */
export function refusalToError(code: number): LinkError {
  const known = isRefusalCode(code as CloseCode) ? (code as CloseCode) : CloseCode.PROTOCOL_ERROR
  return linkError(known, `the peer refused the handshake: ${SENTENCES[known]}`)
}
