/** A flush holds at most this, in bytes: enough to keep a fast connection busy, little enough for control frames. */
const MAX_FLUSH_BYTES = 524_288

/**
 * The first flush, in bytes: nothing is known of the connection yet. One of 5 kB/s takes it within the time that a peer
 * has by default to answer a ping.
 */
const FIRST_FLUSH_BYTES = 32_768

/** A flush holds at least this, in bytes, however slow the connection is. */
const MIN_FLUSH_BYTES = 16_384

/** After a flush that the connection takes within this time the next may be twice as large, ms. */
const FAST_MS = 250

/** After a flush that takes longer than this the next is half as large, ms. */
const SLOW_MS = 1_000

/**
 * How much is gathered at once, so that the connection takes it within about a second. What becomes urgent meanwhile
 * waits for that long; and on a slow connection, a flush that takes longer than the time allowed for the answer to a
 * ping would make a live peer look dead.
 */
export class FlushSize {
  /** What the next flush holds at most, in bytes. */
  bytes: number = FIRST_FLUSH_BYTES
  #gatheredAt = 0
  #isFull = false

  /** A flush of `bytes` was gathered. */
  gathered(bytes: number, now: number): void {
    this.#gatheredAt = now
    this.#isFull = bytes >= this.bytes
  }

  /** The connection has taken it. */
  accepted(now: number): void {
    const elapsedMs = now - this.#gatheredAt
    if (elapsedMs > SLOW_MS) this.bytes = Math.max(this.bytes / 2, MIN_FLUSH_BYTES)
    else if (this.#isFull && elapsedMs < FAST_MS) this.bytes = Math.min(this.bytes * 2, MAX_FLUSH_BYTES)
  }
}
