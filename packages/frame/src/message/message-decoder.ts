import { AstraError } from '@astranet/interface'
import { checkInteger } from '@astranet/interface/check'
import { Decoder } from '@msgpack/msgpack'
import { readVarint, varintEnd } from '../varint-reader.js'
import { MESSAGE_SIZES } from './limits.js'
import { findFault } from './structure.js'

const EMPTY = new Uint8Array(0)

/** Keeps no state between messages but a small cache of map keys. */
const sharedDecoder = new Decoder()

/**
 * What {@link MessageDecoder.next} finds: a message, nothing whole yet, or bytes that are not a message. The codes are
 * `ASTRA_ERR_MESSAGE_TOO_LARGE` and `ASTRA_ERR_MESSAGE_MALFORMED`; both are the peer's fault and end the decoder.
 */
export type MessageResult =
  | { readonly kind: 'message'; readonly value: unknown }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'error'; readonly error: AstraError }

/** What a {@link MessageDecoder} accepts. */
export interface MessageDecoderOptions {
  /** The most bytes of one message, without its prefix. 1 to 2^30. A longer one is refused when its prefix is read. */
  readonly maxBytes: number
}

/**
 * Reads messages, each a QUIC varint and that many bytes with one msgpack value, however their bytes are split.
 *
 * Values are `null`, booleans, numbers, strings, `Uint8Array`s, arrays and plain objects. Byte arrays are views of what was
 * pushed: copy those that are kept. Strings must be UTF-8, integers safe, keys strings other than `__proto__`; there are no
 * extension types; at most 32 levels. Of equal keys in one map the last one counts.
 *
 * It holds what was pushed and not yet read: of an incomplete message at most twice what has arrived.
 */
export class MessageDecoder {
  readonly #maxBytes: number
  #bytes: Uint8Array = EMPTY
  #start = 0
  #end = 0
  /** Whether `#bytes` was allocated here and the part behind `#end` may be written. */
  #isOwned = false
  #error: AstraError | undefined = undefined

  /** Throws a `TypeError` or `RangeError` unless `options.maxBytes` is an integer from 1 to 2^30. */
  constructor(options: MessageDecoderOptions) {
    this.#maxBytes = checkInteger('options.maxBytes', options.maxBytes, MESSAGE_SIZES)
  }

  /** Bytes that were pushed and not read. */
  get bufferedBytes(): number {
    return this.#end - this.#start
  }

  /** Adds bytes, which must not change from now on. After an error they are dropped. */
  push(chunk: Uint8Array): void {
    if (this.#error !== undefined || chunk.length === 0) return
    if (this.#start === this.#end) this.#hold(chunk, 0, chunk.length)
    else this.#append(chunk)
  }

  /** Reads the next message. To be called until it is `incomplete`; after an error it gives that error again. */
  next(): MessageResult {
    if (this.#error !== undefined) return { kind: 'error', error: this.#error }
    const bodyStart = varintEnd(this.#bytes, this.#start, this.#end)
    if (bodyStart === 0) return this.#incomplete()
    const length = readVarint(this.#bytes, this.#start)
    if (length > this.#maxBytes)
      return this.#fail('ASTRA_ERR_MESSAGE_TOO_LARGE', `it is above the ${this.#maxBytes} bytes allowed`)
    const bodyEnd = bodyStart + length
    if (bodyEnd > this.#end) return this.#incomplete()
    const fault = findFault(this.#bytes, bodyStart, bodyEnd)
    if (fault !== undefined) return this.#fail('ASTRA_ERR_MESSAGE_MALFORMED', fault)
    const value = sharedDecoder.decode(this.#bytes.subarray(bodyStart, bodyEnd))
    this.#start = bodyEnd
    if (this.#start === this.#end) this.#hold(EMPTY, 0, 0)
    return { kind: 'message', value }
  }

  /** Gives away the bytes behind the last message, without a copy; then the decoder is empty. */
  rest(): Uint8Array {
    const rest = this.#bytes.subarray(this.#start, this.#end)
    this.#hold(EMPTY, 0, 0)
    return rest
  }

  #hold(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes
    this.#start = start
    this.#end = end
    this.#isOwned = false
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#end + chunk.length
    if (!this.#isOwned || needed > this.#bytes.length) this.#reallocate(chunk.length)
    this.#bytes.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /** Moves the unread bytes to a new buffer with room for `more`. Never in place: values given out are views of the old. */
  #reallocate(more: number): void {
    const unread = this.#bytes.subarray(this.#start, this.#end)
    const bytes = new Uint8Array(Math.max(unread.length + more, 2 * unread.length))
    bytes.set(unread)
    this.#hold(bytes, 0, unread.length)
    this.#isOwned = true
  }

  #incomplete(): MessageResult {
    // What waits for more bytes must not pin the chunk that it came in, which may be far larger.
    if (!this.#isOwned && this.#start < this.#end) this.#reallocate(0)
    return { kind: 'incomplete' }
  }

  #fail(code: 'ASTRA_ERR_MESSAGE_TOO_LARGE' | 'ASTRA_ERR_MESSAGE_MALFORMED', fault: string): MessageResult {
    this.#error = new AstraError(code, `the peer sent a bad message: ${fault}`)
    this.#hold(EMPTY, 0, 0)
    return { kind: 'error', error: this.#error }
  }
}
