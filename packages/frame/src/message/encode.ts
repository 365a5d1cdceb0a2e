import { checkInteger } from '@astranet/interface/check'
import { Encoder, type ExtensionCodecType } from '@msgpack/msgpack'
import { varintLength, writeVarint } from '../varint.js'
import { DEFAULT_MAX_MESSAGE_BYTES, MAX_MESSAGE_DEPTH, MESSAGE_SIZES } from './limits.js'
import { findFault } from './structure.js'

/** An encoder keeps the buffer of its largest message; one with a larger buffer than this is not kept. */
const MAX_KEPT_BUFFER_BYTES = 262_144

/** How {@link encodeMessage} encodes. */
export interface EncodeMessageLimits {
  /** The most bytes of msgpack, without the prefix. 1 to 2^30, default 65,536. */
  readonly maxBytes?: number
}

/** What the encoder asks about each object: only what {@link MessageDecoder} gives back may be in a message. */
const noExtensions: ExtensionCodecType<undefined> = {
  tryToEncode(object: unknown): null {
    if (Array.isArray(object) || object instanceof Uint8Array || isPlainObject(object)) return null
    throw new TypeError(`value of a message must not hold ${describe(object)}`)
  },
  decode(): never {
    throw new TypeError('messages have no extension types')
  },
}

let sharedEncoder: Encoder = newEncoder()

function newEncoder(): Encoder {
  // The value itself has depth 1 for the encoder, and it counts what lies in the innermost container.
  return new Encoder({
    extensionCodec: noExtensions,
    maxDepth: MAX_MESSAGE_DEPTH + 1,
    ignoreUndefined: true,
  })
}

/**
 * `value` as a message: its length as a QUIC varint, then one msgpack value.
 *
 * A value is `null`, a boolean, a number, a string, a `Uint8Array`, an array of values, or a plain object of values; keys whose
 * value is `undefined` are left out. Anything else, a string that is not well-formed Unicode, or more than 32 levels throw a
 * `TypeError`; more bytes than the limit a `RangeError`.
 */
export function encodeMessage(value: unknown, limits: EncodeMessageLimits = {}): Uint8Array {
  const wanted = limits.maxBytes ?? DEFAULT_MAX_MESSAGE_BYTES
  const maxBytes = checkInteger('limits.maxBytes', wanted, MESSAGE_SIZES)
  const body = encodeBody(value)
  if (body.length > maxBytes) {
    throw new RangeError(`value takes ${body.length} bytes as a message, more than the ${maxBytes} allowed`)
  }
  // The peer refuses what the check refuses: it is better to learn it here, with the caller's stack.
  const fault = findFault(body, 0, body.length)
  if (fault !== undefined) throw new TypeError(`value cannot be sent as a message: ${fault}`)
  const message = new Uint8Array(varintLength(body.length) + body.length)
  message.set(body, writeVarint(message, 0, body.length))
  return message
}

function encodeBody(value: unknown): Uint8Array {
  try {
    const body = sharedEncoder.encodeSharedRef(value)
    if (body.buffer.byteLength > MAX_KEPT_BUFFER_BYTES) sharedEncoder = newEncoder()
    return body
  } catch (error) {
    sharedEncoder = newEncoder()
    if (error instanceof TypeError || !(error instanceof Error)) throw error
    throw new TypeError(`value cannot be sent as a message: ${error.message}`, { cause: error })
  }
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`
  return `an object of class ${value.constructor?.name ?? 'unknown'}`
}
