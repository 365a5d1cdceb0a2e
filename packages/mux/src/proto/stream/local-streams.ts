/** The streams of one directionality that this side opens (RFC 9000 sections 2.1 and 4.6). */
export class LocalStreams {
  /** How many were opened: the index of the next one. */
  opened = 0
  /** The peer's MAX_STREAMS: how many may ever be opened. */
  limit = 0
  /** Whether STREAMS_BLOCKED is to be sent. */
  isBlockedFrameDue = false
  #blockedAt = -1
  /** Indexes that were taken and given back: no frame of them was sent. */
  readonly #unused: number[] = []

  /** Whether {@link take} gives an index now. */
  get canTake(): boolean {
    return this.#unused.length > 0 || this.opened < this.limit
  }

  /** MAX_STREAMS arrived; limits never go down. Returns whether there is more credit now. */
  raise(limit: number): boolean {
    if (limit <= this.limit) return false
    this.limit = limit
    this.isBlockedFrameDue = false
    return true
  }

  /**
   * The index of a new stream, or -1 when the peer allows no more; then STREAMS_BLOCKED is due, once for each limit.
   */
  take(): number {
    const unused = this.#unused.pop()
    if (unused !== undefined) return unused
    if (this.opened < this.limit) return this.opened++
    if (this.#blockedAt !== this.limit) {
      this.#blockedAt = this.limit
      this.isBlockedFrameDue = true
    }
    return -1
  }

  /**
   * Gives back the index of a stream that was never announced to the peer, for the next stream. Returns whether an
   * index can be taken again where none could.
   */
  giveBack(index: number): boolean {
    const wasExhausted = this.#unused.length === 0 && this.opened >= this.limit
    this.#unused.push(index)
    return wasExhausted
  }
}
