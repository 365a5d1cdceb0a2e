import { encodingError, protocolViolation, type FrameError } from './frame-error.js'
import { FrameType } from './frame-type.js'
import { MAX_TRANSPORT_PARAMETERS_BYTES } from './limits.js'
import { TransportErrorCode } from './transport-error.js'
import { decodeTransportParameters } from './transport-parameters-decoder.js'
import type { TransportParameters } from './transport-parameters.js'
import { readVarint, varintSize } from './varint-reader.js'

/** The type of QX_TRANSPORT_PARAMETERS as it is on the wire. */
const MAGIC: readonly number[] = [0xff, 0x51, 0x53, 0x30, 0x0d, 0x0a, 0x0d, 0x0a]

/**
 * Reads the first frame, QX_TRANSPORT_PARAMETERS, byte by byte up to its length, so that a protocol other than QMux is
 * recognized at its first wrong byte.
 */
export class FirstFrameReader {
  /** What was declared, once the whole frame has been read. */
  parameters: TransportParameters | undefined = undefined
  /** What is wrong, once something is; then the rest is not read. */
  error: FrameError | undefined = undefined

  #header: Uint8Array = new Uint8Array(MAGIC.length + 8)
  #headerLength = 0
  #body: Uint8Array | undefined = undefined
  #bodyLength = 0

  /**
   * Takes bytes of the frame from `chunk[start, end)`; its record ends at `recordEnd`, perhaps behind the chunk. Returns the
   * position behind the bytes it took; after an error that has no meaning.
   */
  read(chunk: Uint8Array, start: number, end: number, recordEnd: number): number {
    let at = start
    const limit = Math.min(end, recordEnd)
    while (at < limit && this.#body === undefined && this.error === undefined) {
      this.#readHeaderByte(chunk[at++]!, recordEnd - at)
    }
    if (this.error !== undefined) return at
    if (this.#body === undefined) {
      if (at === recordEnd) this.error = truncated()
      return at
    }
    const count = Math.min(limit - at, this.#body.length - this.#bodyLength)
    this.#body.set(chunk.subarray(at, at + count), this.#bodyLength)
    this.#bodyLength += count
    if (this.#bodyLength === this.#body.length) this.#finish(this.#body)
    return at + count
  }

  #readHeaderByte(byte: number, recordLeft: number): void {
    const index = this.#headerLength++
    this.#header[index] = byte
    if (index < MAGIC.length) {
      if (byte !== MAGIC[index]) this.error = foreign(byte, MAGIC[index]!)
      return
    }
    if (this.#headerLength < MAGIC.length + varintSize(this.#header[MAGIC.length]!)) return
    const length = readVarint(this.#header, MAGIC.length)
    if (length > recordLeft) this.error = truncated()
    else if (length > MAX_TRANSPORT_PARAMETERS_BYTES) this.error = tooLong(length)
    else this.#body = new Uint8Array(length)
  }

  #finish(body: Uint8Array): void {
    const result = decodeTransportParameters(body)
    if ('message' in result) this.error = result
    else this.parameters = result
  }
}

function foreign(got: number, expected: number): FrameError {
  const character = got > 0x20 && got < 0x7f ? ` ("${String.fromCharCode(got)}")` : ''
  return protocolViolation(
    0,
    `the peer does not speak QMux: expected byte ${hex(expected)} of QX_TRANSPORT_PARAMETERS, got ${hex(got)}${character}`,
  )
}

function truncated(): FrameError {
  return encodingError(
    FrameType.QX_TRANSPORT_PARAMETERS,
    'a QX_TRANSPORT_PARAMETERS frame is cut off by the end of its record',
  )
}

function tooLong(length: number): FrameError {
  return {
    code: TransportErrorCode.TRANSPORT_PARAMETER_ERROR,
    frameType: FrameType.QX_TRANSPORT_PARAMETERS,
    message: `${length} bytes of transport parameters came, more than the ${MAX_TRANSPORT_PARAMETERS_BYTES} allowed`,
  }
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`
}
