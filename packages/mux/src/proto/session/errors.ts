import { AstraError } from '@astranet/interface'
import { transportErrorName, type WireInteger } from '@astranet/frame'

/** Why one stream, or one direction of it, ended other than by its end. `code` is Node's where one fits. */
export class StreamError extends AstraError {
  /** The application's error code on the wire (RESET_STREAM or STOP_SENDING), where the peer sent one. */
  readonly applicationCode: WireInteger | undefined

  constructor(code: string, message: string, options?: { applicationCode?: WireInteger; cause?: unknown }) {
    super(code, message, options)
    this.name = 'StreamError'
    this.applicationCode = options?.applicationCode
  }
}

/** Why a session ended. */
export class SessionError extends AstraError {
  /** True when the code came from, or was sent to, the peer's application; false for transport error codes. */
  readonly isApplication: boolean
  /** The code of the CONNECTION_CLOSE that was sent or received (RFC 9000 sections 20.1 and 20.2), if there was one. */
  readonly closeCode: WireInteger | undefined
  /** Whether the peer closed the session or ended the connection. */
  readonly isFromPeer: boolean
  /** The sentence that CONNECTION_CLOSE carries, or carried, besides its code; empty when there was none. */
  readonly reason: string

  constructor(code: string, message: string, details: SessionErrorDetails = {}) {
    super(code, message, details)
    this.name = 'SessionError'
    this.isApplication = details.isApplication ?? false
    this.closeCode = details.closeCode
    this.isFromPeer = details.isFromPeer ?? false
    this.reason = details.reason ?? ''
  }
}

/** The details of a {@link SessionError} besides its code and message. */
export interface SessionErrorDetails {
  isApplication?: boolean
  closeCode?: WireInteger
  isFromPeer?: boolean
  reason?: string
  cause?: unknown
}

/** The peer reset its sending direction with RESET_STREAM. */
export function resetByPeer(streamId: number, applicationCode: WireInteger): StreamError {
  const message = `stream ${streamId} was reset by the peer with code ${applicationCode}`
  return new StreamError('ECONNRESET', message, { applicationCode })
}

/** The peer requested with STOP_SENDING that nothing more is sent. */
export function stoppedByPeer(streamId: number, applicationCode: WireInteger): StreamError {
  const message = `the peer stopped reading stream ${streamId} with code ${applicationCode}`
  return new StreamError('EPIPE', message, { applicationCode })
}

/**
 * A write after the peer closed the stream. As over TCP: `EPIPE` when the peer's end has arrived, otherwise `ECONNRESET`,
 * after which HTTP clients retry.
 */
export function writeAfterStop(streamId: number, stop: StreamError, hasPeerEnded: boolean): StreamError {
  const { applicationCode } = stop
  const message = `the peer has closed stream ${streamId} and reads no more of it`
  return new StreamError(hasPeerEnded ? 'EPIPE' : 'ECONNRESET', message, {
    ...(applicationCode === undefined ? {} : { applicationCode }),
    cause: stop,
  })
}

/**
 * The session ended under its streams: `ECONNABORTED` when this side closed it, `ECONNRESET` when anything else did. One
 * error for all of them: there may be a million.
 */
export function sessionEnded(cause: Error | undefined): StreamError {
  if (cause === undefined)
    return new StreamError('ECONNABORTED', 'the stream was cut off: this side closed the session')
  return new StreamError('ECONNRESET', `the stream was cut off: its session ended: ${cause.message}`, {
    cause,
  })
}

/** The peer closed the session with CONNECTION_CLOSE. */
export function closedByPeer(close: {
  isApplication: boolean
  code: WireInteger
  reason: string
}): SessionError {
  const { isApplication, code: closeCode, reason } = close
  const name = isApplication ? `application code ${closeCode}` : transportErrorName(closeCode)
  const message = `the peer closed the session with ${name}${reason === '' ? '' : `: ${reason}`}`
  return new SessionError('ASTRA_ERR_SESSION_CLOSED_BY_PEER', message, {
    isApplication,
    closeCode,
    isFromPeer: true,
    reason,
  })
}

/** The peer broke the protocol: the session closes with the transport error code `closeCode`. */
export function protocolError(closeCode: number, reason: string): SessionError {
  const message = `${transportErrorName(closeCode)}: ${reason}`
  return new SessionError('ASTRA_ERR_PROTOCOL', message, { closeCode, reason })
}
