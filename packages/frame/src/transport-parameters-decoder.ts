import type { FrameError } from './frame-error.js'
import { FrameType } from './frame-type.js'
import { MAX_STREAMS_HIGH } from './limits.js'
import { DEFAULT_MAX_RECORD_SIZE_BYTES } from './record.js'
import { TransportErrorCode } from './transport-error.js'
import {
  DEFAULT_TRANSPORT_PARAMETERS,
  TransportParameterId,
  type NumericParameter,
  type TransportParameters,
} from './transport-parameters.js'
import { readLimit, readVarintHigh, readVarintLow, readWireInteger, varintEnd } from './varint-reader.js'
import type { WireInteger } from './varint.js'

/** The wire's names, for messages. */
const WIRE_NAMES: ReadonlyMap<WireInteger, string> = new Map<WireInteger, string>([
  [0x01, 'max_idle_timeout'],
  [0x04, 'initial_max_data'],
  [0x05, 'initial_max_stream_data_bidi_local'],
  [0x06, 'initial_max_stream_data_bidi_remote'],
  [0x07, 'initial_max_stream_data_uni'],
  [0x08, 'initial_max_streams_bidi'],
  [0x09, 'initial_max_streams_uni'],
  [0x1d, 'reset_stream_at'],
  [0x20, 'max_datagram_frame_size'],
  [TransportParameterId.maxRecordSizeBytes, 'max_record_size'],
])

/** Parameters of QUIC that QMux prohibits (draft-ietf-quic-qmux, Permitted and Forbidden Transport Parameters). */
const PROHIBITED: ReadonlyMap<WireInteger, string> = new Map<WireInteger, string>([
  [0x00, 'original_destination_connection_id'],
  [0x02, 'stateless_reset_token'],
  [0x03, 'max_udp_payload_size'],
  [0x0a, 'ack_delay_exponent'],
  [0x0b, 'max_ack_delay'],
  [0x0c, 'disable_active_migration'],
  [0x0d, 'preferred_address'],
  [0x0e, 'active_connection_id_limit'],
  [0x0f, 'initial_source_connection_id'],
  [0x10, 'retry_source_connection_id'],
])

const NUMERIC: ReadonlyMap<WireInteger, NumericParameter> = new Map(
  Object.entries(TransportParameterId)
    .filter(([name]) => name !== 'resetStreamAt')
    .map(([name, id]) => [id, name as NumericParameter]),
)

type Mutable = { -readonly [Name in keyof TransportParameters]: TransportParameters[Name] }

/** Reads the parameters in `bytes`, or says which one is wrong: a TRANSPORT_PARAMETER_ERROR (RFC 9000 section 7.4). */
export function decodeTransportParameters(bytes: Uint8Array): TransportParameters | FrameError {
  const parameters: Mutable = { ...DEFAULT_TRANSPORT_PARAMETERS }
  const seen = new Set<WireInteger>()
  for (let at = 0; at < bytes.length;) {
    const idEnd = varintEnd(bytes, at, bytes.length)
    const lengthEnd = idEnd === 0 ? 0 : varintEnd(bytes, idEnd, bytes.length)
    if (lengthEnd === 0) return fault('the transport parameters are cut off inside a parameter')
    const id = readWireInteger(bytes, at)
    const valueEnd = lengthEnd + readLimit(bytes, idEnd)
    if (valueEnd > bytes.length) return fault(`the transport parameter ${nameOf(id)} is cut off`)
    if (seen.has(id)) return fault(`the transport parameter ${nameOf(id)} came twice`)
    seen.add(id)
    const problem = readParameter(parameters, id, bytes.subarray(lengthEnd, valueEnd))
    if (problem !== undefined) return fault(problem)
    at = valueEnd
  }
  return parameters
}

/**
 * Takes one parameter into `parameters`; unknown ones are ignored (RFC 9000 section 7.4.2). Says what is wrong, if
 * so.
 */
function readParameter(parameters: Mutable, id: WireInteger, value: Uint8Array): string | undefined {
  const prohibited = PROHIBITED.get(id)
  if (prohibited !== undefined) return `QMux prohibits the transport parameter ${prohibited}`
  if (id === TransportParameterId.resetStreamAt) {
    parameters.resetStreamAt = true
    return value.length === 0 ? undefined : 'the transport parameter reset_stream_at must be empty'
  }
  const name = NUMERIC.get(id)
  if (name === undefined) return undefined
  if (varintEnd(value, 0, value.length) !== value.length || value.length === 0) {
    return `the transport parameter ${nameOf(id)} does not hold exactly one integer`
  }
  parameters[name] = readLimit(value, 0)
  return outOfRange(name, value)
}

function outOfRange(name: NumericParameter, value: Uint8Array): string | undefined {
  if (name === 'maxRecordSizeBytes' && readLimit(value, 0) < DEFAULT_MAX_RECORD_SIZE_BYTES) {
    return `the transport parameter max_record_size must be at least 16382, got ${readLimit(value, 0)}`
  }
  if ((name === 'initialMaxStreamsBidi' || name === 'initialMaxStreamsUni') && isAboveMaxStreams(value, 0)) {
    return `the transport parameter ${nameOf(TransportParameterId[name])} is above 2^60`
  }
  return undefined
}

/** Whether the integer at `at` is above 2^60, more streams than can exist (RFC 9000 section 4.6). */
export function isAboveMaxStreams(bytes: Uint8Array, at: number): boolean {
  const high = readVarintHigh(bytes, at)
  return high > MAX_STREAMS_HIGH || (high === MAX_STREAMS_HIGH && readVarintLow(bytes, at) > 0)
}

function nameOf(id: WireInteger): string {
  return WIRE_NAMES.get(id) ?? PROHIBITED.get(id) ?? `0x${id.toString(16)}`
}

function fault(message: string): FrameError {
  return {
    code: TransportErrorCode.TRANSPORT_PARAMETER_ERROR,
    frameType: FrameType.QX_TRANSPORT_PARAMETERS,
    message,
  }
}
