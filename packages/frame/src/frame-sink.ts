import type { TransportParameters } from './transport-parameters.js'
import type { WireInteger } from './varint.js'

/**
 * What a {@link FrameDecoder} reports, in the order of the wire. Numbers that a JavaScript number cannot hold: stream ids,
 * offsets and sizes above 2^53 - 1 come as 2^53, limits as 2^53 - 1, error codes and frame types as a bigint.
 *
 * A sink must not throw and must not call `push`; it may call `stop`.
 */
export interface FrameSink {
  /** The first frame, once, before everything else. */
  transportParameters(parameters: TransportParameters): void
  /**
   * A piece of a STREAM frame's payload, as it arrived: `chunk[start, end)`, which is a part of what was given to `push`
   * and is not copied. `offset` is the stream offset of this piece. `fin` comes only with the last piece of a frame with
   * the FIN bit. A frame without payload comes once, with `start === end`.
   */
  stream(id: number, offset: number, chunk: Uint8Array, start: number, end: number, fin: boolean): void
  resetStream(id: number, code: WireInteger, finalSize: number): void
  /** `reliableSize` is at most the final size. Only where the limits accept it. */
  resetStreamAt(id: number, code: WireInteger, finalSize: number, reliableSize: number): void
  stopSending(id: number, code: WireInteger): void
  maxData(limit: number): void
  maxStreamData(id: number, limit: number): void
  maxStreams(isBidirectional: boolean, limit: number): void
  dataBlocked(limit: number): void
  streamDataBlocked(id: number, limit: number): void
  streamsBlocked(isBidirectional: boolean, limit: number): void
  /** A whole datagram, in a buffer of its own of exactly its size. Only where the limits accept it. */
  datagram(payload: Uint8Array): void
  /** CONNECTION_CLOSE. `frameType` is 0 for an application's close. */
  connectionClose(close: ConnectionClose): void
  /** A QX_PING that asks for an answer. The sequence number as its high 30 and low 32 bits. */
  ping(high: number, low: number): void
  /** A QX_PING that answers, likewise. */
  pong(high: number, low: number): void
  /** A record was received completely; it held this many frames besides PADDING. */
  recordEnd(frames: number): void
}

/** The fields of CONNECTION_CLOSE (RFC 9000 section 19.19). */
export interface ConnectionClose {
  /** Whether `code` is the application's (type 0x1d) or the transport's (type 0x1c, see {@link TransportErrorCode}). */
  readonly isApplication: boolean
  /** The error code. */
  readonly code: WireInteger
  /** The type of the frame that caused a transport's close, or 0. Not sent in an application's. */
  readonly frameType: WireInteger
  /** A text for a person, as far as the limit on its length allowed; bytes that are not UTF-8 read as U+FFFD. */
  readonly reason: string
}
