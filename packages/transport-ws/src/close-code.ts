import { AstraError } from '@astranet/interface'

/** Codes of WebSocket's close frames that are used here (RFC 6455, section 7.4). */
export const CloseCode = {
  NORMAL: 1000,
  /** Never sent: it stands for a close frame without a code. */
  NONE: 1005,
  UNSUPPORTED_DATA: 1003,
  /** Private: the sender aborted the connection, and what it had sent is incomplete. */
  ABORTED: 4001,
} as const

/** Why the byte pipe of a WebSocket closes; `undefined` after a clean close. */
export function closeReason(code: number, text: string): Error | undefined {
  if (code === CloseCode.NORMAL || code === CloseCode.NONE) return undefined
  const detail = text === '' ? '' : ` (${text.replace(/\p{C}/gu, '?')})`
  return new AstraError('ECONNRESET', `The WebSocket was closed with code ${code}${detail}.`)
}

/** The error of a peer that sent text: AstraNet's messages are bytes. */
export function textError(): AstraError {
  return new AstraError('ASTRA_ERR_WS_TEXT', 'The peer sent a text message over the WebSocket, not bytes.')
}
