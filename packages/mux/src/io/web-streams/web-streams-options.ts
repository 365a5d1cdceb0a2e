/** A stream as a pair of WHATWG streams of `Uint8Array`. A direction that the stream does not have is closed from the start. */
export interface WebStreams {
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
  /**
   * Settles when both directions have ended. It rejects with the first error of either, but with the peer's reset rather
   * than its STOP_SENDING; it resolves when both ended cleanly or were given up by this side. A rejection that is not caught
   * is no unhandled rejection.
   */
  readonly closed: Promise<void>
  /**
   * Closes both directions as a kernel closes a socket (`Stream.close`): reads and writes that wait fail with
   * `ECONNABORTED`. What was written still reaches the peer, then its readable ends. When more waits than is kept, the peer
   * receives what is kept and then a reset, so it never takes a part for the whole. Idempotent.
   */
  destroy(): void
}

/** See {@link WebStreamsOptions.errorOf}. */
export type WebStreamsErrorOf = (error: Error, syscall: 'read' | 'write', reset: Error | undefined) => Error

/** Settings of {@link toWebStreams}. */
export interface WebStreamsOptions {
  /**
   * Bytes that were read from the stream already, for example behind a header: they are delivered first. Those that do not
   * count as consumed yet (with `manualCredit`, or from inside the `onData` that delivered them) count when the application
   * takes them.
   */
  initialBytes?: Uint8Array | undefined
  /**
   * The error that the application gets for an error of the stream, in reading or in writing. `reset` is the peer's reset, if
   * one arrived, also together with its STOP_SENDING. Default: the error itself.
   */
  errorOf?: WebStreamsErrorOf
}
