import { TransportErrorCode, type WireInteger } from '@astranet/frame'
import { protocolError, type SessionError } from '../session/errors.js'
import type { StreamRecord } from '../stream/host.js'

/** Pieces must come in order (draft-ietf-quic-qmux, "Ordering of STREAM Frames"). */
export function outOfOrder(stream: StreamRecord, offset: number): SessionError {
  const message = `stream ${stream.id}: data at offset ${offset} does not follow offset ${stream.receiveOffset}`
  return protocolError(TransportErrorCode.PROTOCOL_VIOLATION, message)
}

/** The peer sent beyond its credit on the stream. */
export function overLimit(stream: StreamRecord, end: number): SessionError {
  const message = `stream ${stream.id}: data up to offset ${end} exceeds MAX_STREAM_DATA ${stream.receiveLimit}`
  return protocolError(TransportErrorCode.FLOW_CONTROL_ERROR, message)
}

/** The peer sent beyond its credit on the session. */
export function overSessionLimit(stream: StreamRecord): SessionError {
  const { received, limit } = stream.host.receiveWindow
  const message = `${received} bytes received with stream ${stream.id} exceed MAX_DATA ${limit}`
  return protocolError(TransportErrorCode.FLOW_CONTROL_ERROR, message)
}

/** A frame contradicts the stream's final size (RFC 9000 section 4.5). */
export function finalSizeChanged(stream: StreamRecord, finalSize: number): SessionError {
  const message = `stream ${stream.id}: final size ${finalSize} contradicts the ${stream.receiveOffset} bytes received`
  return protocolError(TransportErrorCode.FINAL_SIZE_ERROR, message)
}

/** The peer sent bytes beyond the stream's final size (RFC 9000 section 4.5). */
export function beyondFinalSize(stream: StreamRecord, end: number, finalSize: number): SessionError {
  const message = `stream ${stream.id}: data up to offset ${end} after its end at ${finalSize}`
  return protocolError(TransportErrorCode.FINAL_SIZE_ERROR, message)
}

/** A second reset of the stream has another code than the first. */
export function resetCodeChanged(stream: StreamRecord, code: WireInteger, first: WireInteger): SessionError {
  const message = `stream ${stream.id}: reset with code ${code} after code ${first}`
  return protocolError(TransportErrorCode.STREAM_STATE_ERROR, message)
}
