/** The direction in which a secure pipe sends. */
export interface Outbound {
  /** Bytes that were given to `writev` and are not sealed yet. */
  readonly waitingBytes: number
  /** Whether the authenticated end was given to the pipe, or is being given to it. */
  readonly hasEnded: boolean
  /** As `ByteDuplex.writev`. Not called after `end`. */
  writev(chunks: readonly Uint8Array[]): boolean
  /** Writes the authenticated end behind everything else, and tells the sink. Called once. */
  end(): void
  /** The pipe below has taken everything that it had refused. */
  onPipeDrain(): void
  /** Drops what waits: nothing more is written, and the sink is not called any more. */
  stop(): void
}

/** What an {@link Outbound} tells the secure pipe. */
export interface OutboundSink {
  /** A `writev` that returned `false` is done. */
  onDrain(): void
  /** The authenticated end was given to the pipe, which is still open. */
  onEndWritten(): void
  /** The platform failed. */
  onFailure(error: Error): void
}
