import type { StreamError } from '../session/errors.js'

/**
 * What the user of a stream is notified of. `StreamHandler` is this interface for the public `Stream`; the parts of the
 * session call it with the smaller record that they know (`StreamRecord`).
 *
 * One handler object can serve any number of streams; what belongs to one stream goes into `stream.context`. No call
 * comes from inside the application's own call to the stream, except that `handle`, `resume` and `consume` deliver
 * what waits before they return.
 *
 * Order: `onData` any number of times; then at most one of `onEnd` and `onReset`; at most one `onStopSending`; and
 * `onClose` last, exactly once. An exception thrown by a handler destroys its stream and surfaces as uncaught.
 */
export interface StreamEvents<AnyStream> {
  /**
   * Bytes arrived, in order. `chunk` is the receiver's, but it may be a piece of a larger buffer (64 KiB): copy what is
   * kept for long. A carrier may be lent memory that is used again when the call returns (`Stream.isLent`). The bytes
   * count as consumed when the call returns, unless `stream.manualCredit` is set.
   */
  onData(stream: AnyStream, chunk: Uint8Array): void
  /** The peer ended its direction; every byte was delivered. */
  onEnd(stream: AnyStream): void
  /**
   * The receiving direction failed: RESET_STREAM (code `ECONNRESET` with `applicationCode`), eviction, or the
   * session's end.
   */
  onReset?(stream: AnyStream, error: StreamError): void
  /**
   * The sending direction was cut off: the peer reads no more (STOP_SENDING, code `EPIPE` with `applicationCode`) and
   * the direction is reset, or the session ended before everything was sent (`ECONNRESET`, or `ECONNABORTED` when
   * this side closed it). What was not sent is dropped.
   */
  onStopSending?(stream: AnyStream, error: StreamError): void
  /** A `write` that returned false has drained: fewer bytes wait than the low-water mark, half the high-water mark. */
  onWritable?(stream: AnyStream): void
  /**
   * Only for a carrier: bytes of the stream were handed to the connection (`sentBytes`), or the peer allows more
   * (`sendCredit`). May repeat without either.
   */
  onProgress?(stream: AnyStream): void
  /**
   * Every byte written so far was handed to the connection and none is referred to any more. Only for
   * `writeReferenced`.
   */
  onFlushed?(stream: AnyStream): void
  /**
   * @internal The session closes without fault (`Session.close`, `Session.closeNow`): what was written, or ended, and is
   * kept back here must be given to the stream now.
   */
  onLeave?(stream: AnyStream): void
  /**
   * Both directions have ended. `error` is the first error that either had, `undefined` when both ended cleanly or were
   * reset by this side.
   */
  onClose?(stream: AnyStream, error: Error | undefined): void
}
