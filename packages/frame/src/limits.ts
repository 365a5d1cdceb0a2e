import { checkBoolean, checkInteger } from '@astranet/interface/check'
import { DEFAULT_MAX_RECORD_SIZE_BYTES } from './record.js'

/** The most streams of a kind that can ever be opened, 2^60 (RFC 9000 section 4.6): its high half; the low half is 0. */
export const MAX_STREAMS_HIGH = 0x1000_0000

/** The most bytes of a CONNECTION_CLOSE reason that are kept by a decoder (by default) and sent by the encoder. */
export const MAX_REASON_BYTES = 1_024

/** The most bytes of transport parameters that a decoder stores. All that are known take less than 150. */
export const MAX_TRANSPORT_PARAMETERS_BYTES = 1_024

/** What a {@link FrameDecoder} accepts. Each value is what this endpoint sent in its own transport parameters. */
export interface DecoderLimits {
  /**
   * The largest Frames field of a record, in bytes: the `max_record_size` that was sent. 16,382 (also the default) to
   * 2^32 - 1. A larger record is a FRAME_ENCODING_ERROR as soon as its size is known. Costs no memory.
   */
  readonly maxRecordSizeBytes: number
  /**
   * The largest DATAGRAM frame, type and length included, in bytes: the `max_datagram_frame_size` that was sent. Default 0:
   * datagrams were not negotiated. A larger one is a PROTOCOL_VIOLATION (RFC 9221 section 3). A datagram that is incomplete
   * costs at most twice the bytes of it that have arrived.
   */
  readonly maxDatagramFrameSizeBytes: number
  /** Whether `reset_stream_at` was sent. Default `false`: RESET_STREAM_AT is an unknown frame, a FRAME_ENCODING_ERROR. */
  readonly acceptResetStreamAt: boolean
  /** How many bytes of a CONNECTION_CLOSE reason are kept; the rest is skipped. 0 to 65,536, default 1,024. */
  readonly maxReasonBytes: number
}

const RECORD_SIZES = { min: DEFAULT_MAX_RECORD_SIZE_BYTES, max: 0xffff_ffff } as const
const DATAGRAM_SIZES = { min: 0, max: Number.MAX_SAFE_INTEGER } as const

/** The whole of `limits`, defaults filled in. Throws a `TypeError` or `RangeError` that names what is wrong. */
export function resolveDecoderLimits(limits: Partial<DecoderLimits>): DecoderLimits {
  const {
    maxRecordSizeBytes = DEFAULT_MAX_RECORD_SIZE_BYTES,
    maxDatagramFrameSizeBytes = 0,
    acceptResetStreamAt = false,
    maxReasonBytes = MAX_REASON_BYTES,
  } = limits
  return {
    maxRecordSizeBytes: checkInteger('limits.maxRecordSizeBytes', maxRecordSizeBytes, RECORD_SIZES),
    maxDatagramFrameSizeBytes: checkInteger(
      'limits.maxDatagramFrameSizeBytes',
      maxDatagramFrameSizeBytes,
      DATAGRAM_SIZES,
    ),
    acceptResetStreamAt: checkBoolean('limits.acceptResetStreamAt', acceptResetStreamAt),
    maxReasonBytes: checkInteger('limits.maxReasonBytes', maxReasonBytes, { min: 0, max: 65_536 }),
  }
}
