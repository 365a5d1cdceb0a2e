export { QMUX_DRAFT_NUMBER } from './qmux-version.js'
export { DEFAULT_MAX_RECORD_SIZE_BYTES, MAX_RECORD_SIZE_FIELD_BYTES } from './record.js'
export {
  checkWireInteger,
  MAX_WIRE_INTEGER,
  varintLength,
  wireIntegerLength,
  writeVarint,
  writeVarintHalves,
  writeVarintOfLength,
  writeWireInteger,
} from './varint.js'
export type { WireInteger } from './varint.js'
export { FrameType, frameTypeName } from './frame-type.js'
export { TransportErrorCode, transportErrorName } from './transport-error.js'
export { DEFAULT_TRANSPORT_PARAMETERS, TransportParameterId } from './transport-parameters.js'
export type { TransportParameters } from './transport-parameters.js'
export { MAX_REASON_BYTES, MAX_TRANSPORT_PARAMETERS_BYTES } from './limits.js'
export type { DecoderLimits } from './limits.js'
export type { FrameError } from './frame-error.js'
export type { ConnectionClose, FrameSink } from './frame-sink.js'
export { FrameDecoder } from './frame-decoder.js'
export {
  datagramHeaderLength,
  MAX_CONTROL_FRAME_BYTES,
  MAX_STREAM_HEADER_BYTES,
  streamHeaderLength,
  writeDataBlocked,
  writeDatagramHeader,
  writeMaxData,
  writeMaxStreamData,
  writeMaxStreams,
  writePing,
  writePong,
  writeResetStream,
  writeResetStreamAt,
  writeStopSending,
  writeStreamDataBlocked,
  writeStreamHeader,
  writeStreamsBlocked,
} from './frame-encoder.js'
export { MAX_CONNECTION_CLOSE_BYTES, writeConnectionClose } from './close-encoder.js'
export {
  MAX_TRANSPORT_PARAMETERS_FRAME_BYTES,
  writeTransportParameters,
} from './transport-parameters-encoder.js'
export type { TransportParametersOptions } from './transport-parameters-encoder.js'
