import type { Stream } from '../stream/stream.js'

/** What the core reports to its driver. */
export interface CoreEvents {
  /**
   * There is something to send, or a stream may have ended: `gather` and `handedOver` are to be called soon, see
   * SessionCore.
   */
  onWork(): void
  /**
   * Eight more streams wait to send, since the latest `gather` or the latest such event. It may come from within a call
   * of the application. Absent: everything waits for `gather` at the end of the turn.
   */
  onManyWaiting?(): void
  /** The peer opened a stream; its first bytes follow when this returns. */
  onStream(stream: Stream): void
  /** The peer allows more streams. */
  onStreamsAvailable(): void
  /** A datagram arrived. */
  onDatagram(payload: Uint8Array): void
  /** A ping was answered after `rttMs`; `undefined` when the pipe was suspended meanwhile. */
  onPong(rttMs: number | undefined): void
  /** Unread streams hold more than three quarters of the receive buffer. */
  onUnreadPressure(): void
  /** The session is closing; its streams are notified next. */
  onClosing(reason: Error | undefined): void
  /** The last open stream has ended. */
  onIdle(): void
  /** A handler of the application threw: to be made known as an uncaught exception. */
  onHandlerError(error: unknown): void
}
