/** Size of a slab in bytes: that of one read of a socket, and large enough for thousands of small frames. */
export const SLAB_BYTES = 65_536

/** Writes of at most this many bytes are copied together; larger ones are passed by reference. */
export const COPY_LIMIT_BYTES = 2_048

/** Buffers that wait for their next user: 1 MiB. */
export const MAX_FREE_BUFFERS = 16

const NONE = new Uint8Array(0)

/** Shared by all sessions, of which few send at the same time: each turn gathers, sends and is done. */
const free: Uint8Array[] = []

/**
 * A buffer that is filled from front to back and given back once nothing refers to its bytes. It has memory only
 * meanwhile: an idle session has none.
 */
export class Slab {
  buffer: Uint8Array = NONE
  used = 0

  /** Makes room for `bytes` (at most {@link SLAB_BYTES}) in one piece, in another buffer when this one is too full. */
  ensure(bytes: number): void {
    if (this.used + bytes <= this.buffer.length) return
    this.buffer = free.pop() ?? new Uint8Array(SLAB_BYTES)
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
    if (this.buffer !== NONE && free.length < MAX_FREE_BUFFERS) free.push(this.buffer)
    this.buffer = NONE
    this.used = 0
  }
}
