import { AstraError } from '@astranet/interface'

/** Codes of WebSocket's close frames that are used here (RFC 6455, section 7.4). */
export const CloseCode = {
  NORMAL: 1000,
  /** Never sent: there was a close frame without a code. */
  NONE: 1005,
  UNSUPPORTED_DATA: 1003,
  /** Private: the sender broke the connection off, and what it had sent is incomplete. */
  ABORTED: 4001,
} as const

/** What the end of a WebSocket means for its byte pipe; `undefined` when it was in good order. */
export function closeReason(code: number, text: string): Error | undefined {
  if (code === CloseCode.NORMAL || code === CloseCode.NONE) return undefined
  const said = text === '' ? '' : ` (${text.replace(/\p{C}/gu, '?')})`
  return new AstraError('ECONNRESET', `The WebSocket was closed with code ${code}${said}.`)
}

/** The error of a peer that sent text: AstraNet's messages are bytes. */
export function textError(): AstraError {
  return new AstraError('ASTRA_ERR_WS_TEXT', 'The peer sent a text message over the WebSocket, not bytes.')
}
