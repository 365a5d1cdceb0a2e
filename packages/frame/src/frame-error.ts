import { frameTypeName } from './frame-type.js'
import { TransportErrorCode } from './transport-error.js'
import type { WireInteger } from './varint.js'

/**
 * What is wrong with the bytes that a peer sent. It is a value, never thrown: the peer's fault is not the program's.
 */
export interface FrameError {
  /** The code to put into CONNECTION_CLOSE (RFC 9000 section 20.1). */
  readonly code: TransportErrorCode
  /** The type of the frame at fault, for CONNECTION_CLOSE; 0 when no frame is (RFC 9000 section 19.19). */
  readonly frameType: WireInteger
  /** A sentence for a person. It quotes at most a few bytes of what came. */
  readonly message: string
}

/** A FRAME_ENCODING_ERROR in a frame of type `frameType`. */
export function encodingError(frameType: WireInteger, message: string): FrameError {
  return { code: TransportErrorCode.FRAME_ENCODING_ERROR, frameType, message }
}

/** A PROTOCOL_VIOLATION by a frame of type `frameType`. */
export function protocolViolation(frameType: WireInteger, message: string): FrameError {
  return { code: TransportErrorCode.PROTOCOL_VIOLATION, frameType, message }
}

/** A frame of type `type` goes on behind the end of its record. */
export function truncatedFrame(type: WireInteger): FrameError {
  return encodingError(type, `a ${frameTypeName(type)} frame is cut off by the end of its record`)
}
