import { encodingError, protocolViolation, type FrameError } from './frame-error.js'
import { isPing, isPingResponse } from './frame-layout.js'
import type { FrameSink } from './frame-sink.js'
import { FrameType, frameTypeName, isProhibitedFrameType } from './frame-type.js'
import type { DecoderLimits } from './limits.js'
import { isAboveMaxStreams } from './transport-parameters-decoder.js'
import {
  isVarintLarger,
  readLimit,
  readVarint,
  readVarintHigh,
  readVarintLow,
  readWireInteger,
  varintSize,
} from './varint-reader.js'
import { varintLength, type WireInteger } from './varint.js'

/**
 * Reports to `sink` the frame at `at`, whose whole header is known to lie in `bytes` and which has no payload. Or returns
 * what is wrong with it, unknown and prohibited frames included.
 */
export function readFixedFrame(
  sink: FrameSink,
  bytes: Uint8Array,
  at: number,
  limits: DecoderLimits,
): FrameError | undefined {
  const type = bytes[at]!
  if (type >= 0x40) return readLongTypedFrame(sink, bytes, at)
  const first = at + 1
  switch (type) {
    case FrameType.MAX_DATA:
      sink.maxData(readLimit(bytes, first))
      return undefined
    case FrameType.MAX_STREAM_DATA:
      sink.maxStreamData(readVarint(bytes, first), readLimit(bytes, after(bytes, first)))
      return undefined
    case FrameType.DATA_BLOCKED:
      sink.dataBlocked(readLimit(bytes, first))
      return undefined
    case FrameType.STREAM_DATA_BLOCKED:
      sink.streamDataBlocked(readVarint(bytes, first), readLimit(bytes, after(bytes, first)))
      return undefined
    case FrameType.STOP_SENDING:
      sink.stopSending(readVarint(bytes, first), readWireInteger(bytes, after(bytes, first)))
      return undefined
    case FrameType.MAX_STREAMS_BIDI:
    case FrameType.MAX_STREAMS_UNI:
    case FrameType.STREAMS_BLOCKED_BIDI:
    case FrameType.STREAMS_BLOCKED_UNI:
      return readStreamsLimit(sink, bytes, at)
    case FrameType.RESET_STREAM:
      return readResetStream(sink, bytes, at)
    case FrameType.RESET_STREAM_AT:
      return limits.acceptResetStreamAt ? readResetStreamAt(sink, bytes, at) : unknownFrame(type)
    default:
      return unknownFrame(type)
  }
}

function readStreamsLimit(sink: FrameSink, bytes: Uint8Array, at: number): FrameError | undefined {
  const type = bytes[at]!
  if (isAboveMaxStreams(bytes, at + 1)) {
    return encodingError(type, `a ${frameTypeName(type)} frame names more than 2^60 streams`)
  }
  const limit = readLimit(bytes, at + 1)
  if (type === FrameType.MAX_STREAMS_BIDI || type === FrameType.MAX_STREAMS_UNI) {
    sink.maxStreams(type === FrameType.MAX_STREAMS_BIDI, limit)
  } else {
    sink.streamsBlocked(type === FrameType.STREAMS_BLOCKED_BIDI, limit)
  }
  return undefined
}

function readResetStream(sink: FrameSink, bytes: Uint8Array, at: number): undefined {
  const code = after(bytes, at + 1)
  sink.resetStream(
    readVarint(bytes, at + 1),
    readWireInteger(bytes, code),
    readVarint(bytes, after(bytes, code)),
  )
}

function readResetStreamAt(sink: FrameSink, bytes: Uint8Array, at: number): FrameError | undefined {
  const code = after(bytes, at + 1)
  const final = after(bytes, code)
  const reliable = after(bytes, final)
  if (isVarintLarger(bytes, reliable, final)) {
    return encodingError(
      FrameType.RESET_STREAM_AT,
      'a RESET_STREAM_AT frame has a Reliable Size above its Final Size',
    )
  }
  sink.resetStreamAt(
    readVarint(bytes, at + 1),
    readWireInteger(bytes, code),
    readVarint(bytes, final),
    readVarint(bytes, reliable),
  )
  return undefined
}

/** Frames whose type takes more than one byte: QX_PING is the only one that is permitted here. */
function readLongTypedFrame(sink: FrameSink, bytes: Uint8Array, at: number): FrameError | undefined {
  const first = after(bytes, at)
  if (isPing(bytes, at)) {
    sink.ping(readVarintHigh(bytes, first), readVarintLow(bytes, first))
    return undefined
  }
  if (isPingResponse(bytes, at)) {
    sink.pong(readVarintHigh(bytes, first), readVarintLow(bytes, first))
    return undefined
  }
  const type = readWireInteger(bytes, at)
  const shortest = typeof type === 'number' ? varintLength(type) : 8
  if (shortest !== varintSize(bytes[at]!)) {
    return protocolViolation(type, `a frame type (${frameTypeName(type)}) is not in its shortest encoding`)
  }
  if (type === FrameType.QX_TRANSPORT_PARAMETERS) {
    return protocolViolation(type, 'a QX_TRANSPORT_PARAMETERS frame came that is not the first frame')
  }
  return unknownFrame(type)
}

function unknownFrame(type: WireInteger): FrameError {
  const name = frameTypeName(type)
  if (isProhibitedFrameType(type)) return encodingError(type, `QMux prohibits the frame ${name}`)
  if (type === FrameType.RESET_STREAM_AT) return encodingError(type, `the frame ${name} was not negotiated`)
  return encodingError(type, `a frame of the unknown type ${name} came`)
}

function after(bytes: Uint8Array, at: number): number {
  return at + varintSize(bytes[at]!)
}
