import { BUFFER_BYTES, giveBuffer, takeBuffer } from '../buffers.js'

/** Writes of at most this many bytes are copied together; larger ones are passed by reference. */
export const COPY_LIMIT_BYTES = 2_048

const NONE = new Uint8Array(0)

/**
 * A buffer that is filled from front to back and given back once nothing refers to its bytes. It has memory only
 * meanwhile: an idle session has none.
 */
export class Slab {
  buffer: Uint8Array = NONE
  used = 0

  /** Makes room for `bytes` in one piece, at most {@link BUFFER_BYTES}: in another buffer if this one is too full. */
  ensure(bytes: number): void {
    if (this.used + bytes <= this.buffer.length) return
    this.buffer = takeBuffer()
    this.used = 0
  }

  /** Copies `bytes` in; they stand at `[used - bytes.length, used)` of `buffer` afterwards. */
  append(bytes: Uint8Array): void {
    this.ensure(bytes.length)
    this.buffer.set(bytes, this.used)
    this.used += bytes.length
  }

  /** Starts over. Only when nothing refers to the buffer any more: others fill it now. */
  reuse(): void {
    if (this.buffer !== NONE) giveBuffer(this.buffer)
    this.buffer = NONE
    this.used = 0
  }
}
