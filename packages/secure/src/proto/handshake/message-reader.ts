import { concatBytes } from '@astranet/interface'
import { NO_BYTES } from '../bytes.js'
import { lengthError } from './failures.js'
import type { LengthRange } from './lengths.js'

/** Bytes of the length in front of every message, big-endian. */
export const LENGTH_BYTES = 2

/** `message` as it is sent: its length in 2 bytes, and itself. */
export function frameMessage(message: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.of(message.length >> 8, message.length & 0xff), message])
}

/** What {@link MessageReader.next} found. */
export type ReadMessage =
  | { readonly kind: 'message'; readonly message: Uint8Array }
  | { readonly kind: 'more' }
  | { readonly kind: 'length'; readonly length: number }

const MORE: ReadMessage = { kind: 'more' }

/**
 * Cuts what arrives into the messages of a handshake, wherever it was split. What follows the last one can be taken
 * out.
 */
export class MessageReader {
  #chunks: Uint8Array[] = []
  #bytes = 0
  /** Nothing is joined before so many bytes are there, or many small chunks would cost their square. */
  #neededBytes = LENGTH_BYTES

  /** Adds bytes that arrived. */
  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
  }

  /** Bytes that were pushed and not read. */
  get heldBytes(): number {
    return this.#bytes
  }

  /** Everything that was pushed and not read. Empty when nothing was. */
  get held(): Uint8Array {
    return this.#bytes > 0 ? this.#joined() : NO_BYTES
  }

  /** Drops the first `count` bytes that are held, for what stands between messages. */
  skip(count: number): void {
    const rest = this.held.subarray(count)
    this.#chunks = rest.length > 0 ? [rest] : []
    this.#bytes = rest.length
    this.#neededBytes = LENGTH_BYTES
  }

  /** The length that the next message announces; `undefined` before it has arrived. */
  get nextLength(): number | undefined {
    if (this.#bytes < this.#neededBytes) return undefined
    const all = this.#joined()
    return ((all[0] ?? 0) << 8) | (all[1] ?? 0)
  }

  /** The next message, when it is whole; `length` when the peer announces one outside of `lengths`. */
  next({ min, max }: LengthRange): ReadMessage {
    const length = this.nextLength
    if (length === undefined) return MORE
    const all = this.#joined()
    if (length < min || length > max) return { kind: 'length', length }
    const end = LENGTH_BYTES + length
    this.#neededBytes = end
    if (all.length < end) return MORE
    this.#neededBytes = LENGTH_BYTES
    this.#chunks = all.length > end ? [all.subarray(end)] : []
    this.#bytes = all.length - end
    return { kind: 'message', message: all.subarray(LENGTH_BYTES, end) }
  }

  /** Everything that was pushed and not read. */
  takeRest(): Uint8Array | undefined {
    const rest = this.#bytes > 0 ? this.#joined() : undefined
    this.#chunks = []
    this.#bytes = 0
    this.#neededBytes = LENGTH_BYTES
    return rest
  }

  #joined(): Uint8Array {
    if (this.#chunks.length > 1) this.#chunks = [concatBytes(this.#chunks)]
    return this.#chunks[0] as Uint8Array
  }
}

/** Which message of a handshake is due. */
export interface DueMessage {
  readonly expectedLengths: LengthRange
  readonly nextMessage: number
}

/**
 * The message that is due, `undefined` until it is whole. Throws an `ASTRA_ERR_SECURE_HANDSHAKE` when the peer
 * announces one of another length. `due` is the handshake itself.
 */
export function takeMessage(reader: MessageReader, due: DueMessage): Uint8Array | undefined {
  const found = reader.next(due.expectedLengths)
  if (found.kind === 'length') throw lengthError(found.length, due.expectedLengths, due.nextMessage)
  return found.kind === 'message' ? found.message : undefined
}
