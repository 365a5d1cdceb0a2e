/** Size of a slab in bytes: that of one read of a socket, and large enough for thousands of small frames. */
export const SLAB_BYTES = 65_536

/** Writes of at most this many bytes are copied together; larger ones are passed by reference. */
export const COPY_LIMIT_BYTES = 2_048

/** A buffer that is filled from front to back and used again once nothing refers to its bytes. */
export class Slab {
  buffer: Uint8Array = new Uint8Array(SLAB_BYTES)
  used = 0

  /** Makes room for `bytes` (at most {@link SLAB_BYTES}) in one piece, in a fresh buffer when this one is too full. */
  ensure(bytes: number): void {
    if (this.used + bytes <= SLAB_BYTES) return
    this.buffer = new Uint8Array(SLAB_BYTES)
    this.used = 0
  }

  /** Copies `bytes` in; they stand at `[used - bytes.length, used)` of `buffer` afterwards. */
  append(bytes: Uint8Array): void {
    this.ensure(bytes.length)
    this.buffer.set(bytes, this.used)
    this.used += bytes.length
  }

  /** Starts over in the same buffer. Only when nothing refers to it any more. */
  reuse(): void {
    this.used = 0
  }
}
