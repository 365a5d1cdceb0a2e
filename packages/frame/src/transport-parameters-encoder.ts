import { checkInteger } from '@astranet/interface/check'
import { QX_TRANSPORT_PARAMETERS_HIGH, QX_TRANSPORT_PARAMETERS_LOW } from './frame-type.js'
import { DEFAULT_MAX_RECORD_SIZE_BYTES } from './record.js'
import {
  DEFAULT_TRANSPORT_PARAMETERS,
  TransportParameterId,
  type NumericParameter,
  type TransportParameters,
} from './transport-parameters.js'
import {
  varintLength,
  writeVarint,
  writeVarintHalves,
  writeVarintOfLength,
  writeWireInteger,
} from './varint.js'

/** Room for any QX_TRANSPORT_PARAMETERS frame that {@link writeTransportParameters} writes, in bytes. */
export const MAX_TRANSPORT_PARAMETERS_FRAME_BYTES = 192

/** How the transport parameters are written. */
export interface TransportParametersOptions {
  /**
   * N of the reserved parameter `31 * N + 27`, which is added with an empty value so that peers keep ignoring unknown
   * parameters (RFC 9000 section 18.1). 0 to 2^48 - 1. Default: none is added.
   */
  readonly reservedIndex?: number
}

/**
 * Writes the frame QX_TRANSPORT_PARAMETERS into `target` at `at`, where the caller made room, and returns the position behind
 * it. It must be the first frame of a connection. What is absent from `parameters` or equal to its default is not written.
 *
 * Throws a `TypeError` or `RangeError` that names the parameter unless each is an integer from 0 to 2^53 - 1,
 * `maxRecordSizeBytes` at least 16,382.
 */
export function writeTransportParameters(
  target: Uint8Array,
  at: number,
  parameters: Partial<TransportParameters>,
  options: TransportParametersOptions = {},
): number {
  const lengthAt = writeVarintHalves(target, at, QX_TRANSPORT_PARAMETERS_HIGH, QX_TRANSPORT_PARAMETERS_LOW)
  const start = lengthAt + 2
  let next = start
  for (const [key, id] of Object.entries(TransportParameterId)) {
    if (key === 'resetStreamAt') continue
    const name = key as NumericParameter
    const value = checkParameter(name, parameters[name] ?? DEFAULT_TRANSPORT_PARAMETERS[name])
    if (value === DEFAULT_TRANSPORT_PARAMETERS[name]) continue
    next = writeVarint(target, writeWireInteger(target, next, id), varintLength(value))
    next = writeVarint(target, next, value)
  }
  if (parameters.resetStreamAt === true) next = writeEmpty(target, next, TransportParameterId.resetStreamAt)
  if (options.reservedIndex !== undefined) next = writeEmpty(target, next, reservedId(options.reservedIndex))
  writeVarintOfLength(target, lengthAt, next - start, 2)
  return next
}

function checkParameter(name: NumericParameter, value: number): number {
  const min = name === 'maxRecordSizeBytes' ? DEFAULT_MAX_RECORD_SIZE_BYTES : 0
  return checkInteger(`parameters.${name}`, value, { min, max: Number.MAX_SAFE_INTEGER })
}

function reservedId(index: number): number {
  return 31 * checkInteger('options.reservedIndex', index, { min: 0, max: 2 ** 48 - 1 }) + 27
}

function writeEmpty(target: Uint8Array, at: number, id: number): number {
  return writeVarint(target, writeVarint(target, at, id), 0)
}
