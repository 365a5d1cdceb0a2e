import type { WireInteger } from './varint.js'

/**
 * The frame types of QMux: those of QUIC that it permits (RFC 9000 section 19), its own two, and those of the
 * extensions it permits (RFC 9221; draft-ietf-quic-reliable-stream-reset). The two of QMux lie above 2^53 and are
 * bigints.
 */
export const FrameType = {
  PADDING: 0x00,
  RESET_STREAM: 0x04,
  STOP_SENDING: 0x05,
  /** The first of eight: bits 0x01 FIN, 0x02 LEN, 0x04 OFF. */
  STREAM: 0x08,
  MAX_DATA: 0x10,
  MAX_STREAM_DATA: 0x11,
  MAX_STREAMS_BIDI: 0x12,
  MAX_STREAMS_UNI: 0x13,
  DATA_BLOCKED: 0x14,
  STREAM_DATA_BLOCKED: 0x15,
  STREAMS_BLOCKED_BIDI: 0x16,
  STREAMS_BLOCKED_UNI: 0x17,
  CONNECTION_CLOSE: 0x1c,
  CONNECTION_CLOSE_APPLICATION: 0x1d,
  RESET_STREAM_AT: 0x24,
  DATAGRAM: 0x30,
  DATAGRAM_WITH_LENGTH: 0x31,
  QX_TRANSPORT_PARAMETERS: 0x3f51_5330_0d0a_0d0an,
  QX_PING: 0x348c_6752_9ef8_c7bdn,
  QX_PING_RESPONSE: 0x348c_6752_9ef8_c7ben,
} as const

/** One of the frame types. */
export type FrameType = (typeof FrameType)[keyof typeof FrameType]

/** The bits of a STREAM frame's type (RFC 9000 section 19.8). */
export const StreamBit = { FIN: 0x01, LEN: 0x02, OFF: 0x04 } as const

/** The high 30 and low 32 bits of the types above 2^53, by which they are matched without a bigint. */
export const QX_TRANSPORT_PARAMETERS_HIGH = 0x3f51_5330
export const QX_TRANSPORT_PARAMETERS_LOW = 0x0d0a_0d0a
export const QX_PING_HIGH = 0x348c_6752
export const QX_PING_LOW = 0x9ef8_c7bd
export const QX_PING_RESPONSE_LOW = 0x9ef8_c7be

const NAMES: ReadonlyMap<WireInteger, string> = new Map<WireInteger, string>([
  [0x00, 'PADDING'],
  [0x04, 'RESET_STREAM'],
  [0x05, 'STOP_SENDING'],
  [0x10, 'MAX_DATA'],
  [0x11, 'MAX_STREAM_DATA'],
  [0x12, 'MAX_STREAMS'],
  [0x13, 'MAX_STREAMS'],
  [0x14, 'DATA_BLOCKED'],
  [0x15, 'STREAM_DATA_BLOCKED'],
  [0x16, 'STREAMS_BLOCKED'],
  [0x17, 'STREAMS_BLOCKED'],
  [0x1c, 'CONNECTION_CLOSE'],
  [0x1d, 'CONNECTION_CLOSE'],
  [0x24, 'RESET_STREAM_AT'],
  [0x30, 'DATAGRAM'],
  [0x31, 'DATAGRAM'],
  [FrameType.QX_TRANSPORT_PARAMETERS, 'QX_TRANSPORT_PARAMETERS'],
  [FrameType.QX_PING, 'QX_PING'],
  [FrameType.QX_PING_RESPONSE, 'QX_PING'],
])

/** QUIC's frames that QMux prohibits (draft-ietf-quic-qmux, QUIC Frames). */
const PROHIBITED: ReadonlyMap<WireInteger, string> = new Map<WireInteger, string>([
  [0x01, 'PING'],
  [0x02, 'ACK'],
  [0x03, 'ACK'],
  [0x06, 'CRYPTO'],
  [0x07, 'NEW_TOKEN'],
  [0x18, 'NEW_CONNECTION_ID'],
  [0x19, 'RETIRE_CONNECTION_ID'],
  [0x1a, 'PATH_CHALLENGE'],
  [0x1b, 'PATH_RESPONSE'],
  [0x1e, 'HANDSHAKE_DONE'],
])

/** The name of a frame type, for example `'STREAM'`; for unknown ones the number in hexadecimal. */
export function frameTypeName(type: WireInteger): string {
  if (typeof type === 'number' && (type & ~7) === FrameType.STREAM) return 'STREAM'
  return NAMES.get(type) ?? PROHIBITED.get(type) ?? `0x${type.toString(16)}`
}

/** Whether QUIC knows the type and QMux forbids it. */
export function isProhibitedFrameType(type: WireInteger): boolean {
  return PROHIBITED.has(type)
}
