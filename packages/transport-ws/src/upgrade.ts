import { STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { AstraError } from '@astranet/interface'
import type { CheckedOptions } from './node-options.js'
import { isAllowedOrigin } from './origin.js'

/** Why a request is refused: a status for the client, and the error for the listener. */
export interface Refusal {
  readonly status: number
  readonly error: AstraError
}

/** Why a request to become a WebSocket is refused; `undefined` when it is accepted. */
export function judgeUpgrade(request: IncomingMessage, options: CheckedOptions): Refusal | undefined {
  if (!isAllowedOrigin(request, options)) {
    const origin = String(request.headers.origin).slice(0, 200)
    return refusal(403, request, `its page comes from ${origin}, which is not in origins`)
  }
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  if (!offered.includes(options.protocol))
    return refusal(400, request, `it does not offer the subprotocol ${options.protocol}`)
  return undefined
}

/** Answers a request that is refused, and closes its socket. */
export function answer(socket: Duplex, status: number): void {
  socket.on('error', () => {})
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const text = STATUS_CODES[status] ?? ''
  const head = [`HTTP/1.1 ${status} ${text}`, 'Connection: close', 'Content-Type: text/plain']
  // A response Upgrade Required names the protocol (RFC 9110, section 15.5.22).
  if (status === 426) head.push('Upgrade: websocket')
  head.push(`Content-Length: ${text.length}`, '', text)
  socket.end(head.join('\r\n'), () => socket.destroy())
}

/** The refusal of a client. */
export function refusal(status: number, request: IncomingMessage, why: string): Refusal {
  const { remoteAddress = 'an unknown address' } = request.socket
  const message = `A WebSocket client at ${remoteAddress} was turned away: ${why.replace(/\p{C}/gu, '?')}.`
  return { status, error: new AstraError('ASTRA_ERR_WS_HANDSHAKE', message) }
}
