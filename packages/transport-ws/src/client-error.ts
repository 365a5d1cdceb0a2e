import { AstraError } from '@astranet/interface'

/** A client whose TLS handshake failed. */
export function tlsError(cause: Error & { code?: string }): AstraError {
  if (cause.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') {
    return new AstraError('ETIMEDOUT', 'A WebSocket client did not complete the TLS handshake in time.', {
      cause,
    })
  }
  const code = cause.code === 'ECONNRESET' ? 'ECONNRESET' : 'ASTRA_ERR_TLS_HANDSHAKE'
  const message = `A TLS handshake with a WebSocket client failed: ${cause.message.trim()}`
  return new AstraError(code, message, { cause })
}

/** A client that sent something that is no request, or no request in time. */
export function requestError(cause: Error & { code?: string }): AstraError {
  const { code = '' } = cause
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new AstraError('ETIMEDOUT', 'A client did not become a WebSocket in time.', { cause })
  }
  if (!code.startsWith('HPE_')) {
    const message = `A client disconnected before it was a WebSocket: ${cause.message}.`
    return new AstraError(code || 'ECONNRESET', message, { cause })
  }
  const message = `A client was turned away: what it sent is no request for a WebSocket (${code}).`
  return new AstraError('ASTRA_ERR_WS_HANDSHAKE', message, { cause })
}

/** A client that left before it was a WebSocket, for example a port scanner or a health check. */
export function leftError(): AstraError {
  return new AstraError('ECONNRESET', 'A client disconnected before it was a WebSocket.')
}
