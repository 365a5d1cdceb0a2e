import { DEFAULT_MAX_RECORD_SIZE_BYTES } from './record.js'

/**
 * What an endpoint declares about itself in its first frame. All numbers are integers; a value above 2^53 - 1 is read
 * as 2^53 - 1. A parameter that is absent from the frame has its default. (RFC 9000 section 18.2,
 * draft-ietf-quic-qmux)
 */
export interface TransportParameters {
  /** Idle time after which the connection ends, in ms. Default 0: no limit from this side. */
  readonly maxIdleTimeoutMs: number
  /** Bytes that may be sent on the whole connection at first. Default 0. */
  readonly initialMaxData: number
  /**
   * Bytes that may be sent at first on a bidirectional stream which the endpoint that declares this opened. Default
   * 0.
   */
  readonly initialMaxStreamDataBidiLocal: number
  /** Bytes that may be sent at first on a bidirectional stream which its peer opened. Default 0. */
  readonly initialMaxStreamDataBidiRemote: number
  /** Bytes that may be sent at first on a unidirectional stream. Default 0. */
  readonly initialMaxStreamDataUni: number
  /** Bidirectional streams that the peer may open at first. Default 0. More than 2^60 is an error. */
  readonly initialMaxStreamsBidi: number
  /** Unidirectional streams that the peer may open at first. Default 0. More than 2^60 is an error. */
  readonly initialMaxStreamsUni: number
  /** The largest Frames field of a record that the endpoint accepts, in bytes. Default 16,382; less is an error. */
  readonly maxRecordSizeBytes: number
  /** The largest DATAGRAM frame that it accepts, header included, in bytes. Default 0: none (RFC 9221 section 3). */
  readonly maxDatagramFrameSizeBytes: number
  /** Whether it accepts RESET_STREAM_AT. Default `false`. */
  readonly resetStreamAt: boolean
}

/** What holds for a peer that declares nothing. */
export const DEFAULT_TRANSPORT_PARAMETERS: TransportParameters = Object.freeze({
  maxIdleTimeoutMs: 0,
  initialMaxData: 0,
  initialMaxStreamDataBidiLocal: 0,
  initialMaxStreamDataBidiRemote: 0,
  initialMaxStreamDataUni: 0,
  initialMaxStreamsBidi: 0,
  initialMaxStreamsUni: 0,
  maxRecordSizeBytes: DEFAULT_MAX_RECORD_SIZE_BYTES,
  maxDatagramFrameSizeBytes: 0,
  resetStreamAt: false,
})

/** The parameters whose value is a number. */
export type NumericParameter = Exclude<keyof TransportParameters, 'resetStreamAt'>

/**
 * The ids of the parameters that QMux permits. `max_record_size` lies above 2^53 and is a bigint; parameters are read
 * once per connection, so a bigint costs nothing here.
 */
export const TransportParameterId = {
  maxIdleTimeoutMs: 0x01,
  initialMaxData: 0x04,
  initialMaxStreamDataBidiLocal: 0x05,
  initialMaxStreamDataBidiRemote: 0x06,
  initialMaxStreamDataUni: 0x07,
  initialMaxStreamsBidi: 0x08,
  initialMaxStreamsUni: 0x09,
  maxDatagramFrameSizeBytes: 0x20,
  resetStreamAt: 0x1d,
  maxRecordSizeBytes: 0x0571_c594_29cd_0845n,
} as const
