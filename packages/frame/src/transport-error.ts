import type { WireInteger } from './varint.js'

/** The transport error codes of CONNECTION_CLOSE frames of type 0x1c (RFC 9000 section 20.1) that QMux can use. */
export const TransportErrorCode = {
  /** The connection ends without an error. */
  NO_ERROR: 0x00,
  /** The endpoint failed and cannot go on. */
  INTERNAL_ERROR: 0x01,
  /** The endpoint refuses the connection. */
  CONNECTION_REFUSED: 0x02,
  /** The peer sent more than the limits that were advertised to it. */
  FLOW_CONTROL_ERROR: 0x03,
  /** The peer opened more streams than it was allowed. */
  STREAM_LIMIT_ERROR: 0x04,
  /** A frame came for a stream in a state that does not permit it. */
  STREAM_STATE_ERROR: 0x05,
  /** A stream's final size changed, or data came beyond it. */
  FINAL_SIZE_ERROR: 0x06,
  /** A frame was badly formatted, of an unknown type, or cut off; or a record was too large. */
  FRAME_ENCODING_ERROR: 0x07,
  /** The transport parameters were badly formatted, or one had a forbidden value or was forbidden itself. */
  TRANSPORT_PARAMETER_ERROR: 0x08,
  /** The peer broke the protocol in a way that no other code names. */
  PROTOCOL_VIOLATION: 0x0a,
  /** The application asked for the end of the connection, and this cannot be said in a frame of type 0x1d. */
  APPLICATION_ERROR: 0x0c,
} as const

/** One of the transport error codes. */
export type TransportErrorCode = (typeof TransportErrorCode)[keyof typeof TransportErrorCode]

const NAMES: ReadonlyMap<WireInteger, string> = new Map(
  Object.entries(TransportErrorCode).map(([name, code]) => [code, name]),
)

/** The name of a transport error code, for example `'FLOW_CONTROL_ERROR'`; for others the number in hexadecimal. */
export function transportErrorName(code: WireInteger): string {
  return NAMES.get(code) ?? `0x${code.toString(16)}`
}
