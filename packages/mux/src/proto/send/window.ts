import { FLOAT_ZERO } from '../float-zero.js'

/** The maximum of the reserve for urgency 0, in bytes. */
const MAX_RESERVE_BYTES = 65_536

/** The reserve is at most the largest credit divided by this. */
const RESERVE_FRACTION = 8

/**
 * The credit the peer has given the session (RFC 9000 section 4.1, MAX_DATA). The last 64 KiB of it are reserved for urgency
 * 0, or an eighth of the largest credit that the peer has granted at once, whichever is smaller. So bulk data never shuts
 * out control streams, also when a peer with many unread bytes grants little.
 */
export class SendWindow {
  /** The peer's MAX_DATA. */
  limit: number = FLOAT_ZERO
  /** Bytes sent on all streams. */
  sent: number = FLOAT_ZERO
  /** Whether DATA_BLOCKED is to be sent, and for which limit it was sent last. */
  isBlockedFrameDue = false
  #blockedAt: number // see float-zero.ts
  #reserve = 0
  /** The largest credit there was at once, in bytes. */
  #largest = 0

  constructor() {
    this.#blockedAt = -1
  }

  /** MAX_DATA arrived; limits never go down. Returns whether there is more credit now. */
  raise(limit: number): boolean {
    if (limit <= this.limit) return false
    this.limit = limit
    this.isBlockedFrameDue = false
    this.#largest = Math.max(this.#largest, limit - this.sent)
    this.#reserve = Math.min(MAX_RESERVE_BYTES, Math.floor(this.#largest / RESERVE_FRACTION))
    return true
  }

  /** Bytes that a stream of this urgency may send now. */
  available(urgency: number): number {
    const credit = this.limit - this.sent
    return urgency === 0 ? credit : Math.max(0, credit - this.#reserve)
  }

  /** A stream has data and no credit: DATA_BLOCKED is due, once for each limit (RFC 9000 section 19.12). */
  blocked(): void {
    if (this.#blockedAt === this.limit) return
    this.#blockedAt = this.limit
    this.isBlockedFrameDue = true
  }
}
