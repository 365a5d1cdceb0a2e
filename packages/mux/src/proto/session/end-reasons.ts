import { TransportErrorCode } from '@astranet/frame'
import { SessionError } from './errors.js'

/** The peer ended its direction of the connection although not all streams had ended. */
export function endedByPeer(): SessionError {
  const message = 'the peer ended the connection while streams were open'
  return new SessionError('ASTRA_ERR_CONNECTION_LOST', message, { isFromPeer: true })
}

/** The connection broke, or ended although not all streams had. */
export function broken(cause: Error | undefined): SessionError {
  const why = cause === undefined ? 'it ended while streams were open' : cause.message
  return new SessionError('ASTRA_ERR_CONNECTION_LOST', `the connection was lost: ${why}`, { cause })
}

/** A ping was not answered in time. */
export function deadPeer(timeoutMs: number): SessionError {
  const message = `the peer has not answered a ping for ${timeoutMs} ms`
  return new SessionError('ASTRA_ERR_PEER_DEAD', message, { closeCode: TransportErrorCode.NO_ERROR })
}

/** A record began and did not end in time. */
export function stuckRecord(timeoutMs: number): SessionError {
  const message = `a record of the peer was not complete after ${timeoutMs} ms`
  return new SessionError('ASTRA_ERR_PEER_DEAD', message, {
    closeCode: TransportErrorCode.PROTOCOL_VIOLATION,
  })
}

/** The idle timeout that both sides agreed on has passed. */
export function idleTooLong(timeoutMs: number): SessionError {
  return new SessionError('ASTRA_ERR_IDLE_TIMEOUT', `no record came or went for ${timeoutMs} ms`)
}

/** A call needs an open session. `closeReason` is why the session ended, `undefined` when it was closed without fault. */
export function sessionOver(closeReason: Error | undefined): SessionError {
  const message =
    closeReason === undefined ? 'the session was closed' : `the session is over: ${closeReason.message}`
  return new SessionError('ASTRA_ERR_SESSION_OVER', message, { cause: closeReason })
}
