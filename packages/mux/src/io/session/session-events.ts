import { Waiters } from '@astranet/interface'
import type { SessionCore } from '../../proto/session/core.js'
import { sessionOver } from '../../proto/session/end-reasons.js'
import { RECEIVE_OVER } from '../../proto/stream/state.js'
import type { Stream } from '../../proto/stream/stream.js'
import { AcceptQueue } from './accept-queue.js'
import type { DriverEvents } from './driver.js'
import { PingQueue } from './ping-queue.js'
import type { SessionHandler } from './session-options.js'

interface PendingOpen {
  readonly isUnidirectional: boolean
  readonly urgency: number
}

/**
 * Passes what the driver reports to the application's handler, and to the callers that wait: for a stream of the peer, for
 * credit to open one, for the answer to a ping, or until no stream is open.
 */
export class SessionEvents implements DriverEvents {
  /** Streams of the peer, or callers that wait for one. */
  readonly accepting: AcceptQueue<Stream> = new AcceptQueue<Stream>()
  readonly pings: PingQueue = new PingQueue()
  #resolveClosed!: (reason: Error | undefined) => void
  /** Resolves, never rejects, when the connection is gone and every stream was notified. */
  readonly closed: Promise<Error | undefined> = new Promise((resolve) => (this.#resolveClosed = resolve))
  isClosed = false
  readonly #openingBidi = new Waiters<PendingOpen, Stream>()
  readonly #openingUni = new Waiters<PendingOpen, Stream>()
  readonly #handler: SessionHandler
  #idle: (() => void)[] = []
  #core!: SessionCore

  constructor(handler: SessionHandler) {
    this.#handler = handler
  }

  /** The core that the driver has made. Called once, before the driver starts. */
  connect(core: SessionCore): void {
    this.#core = core
  }

  /** Callers that wait for credit to open a stream. */
  opening(isUnidirectional: boolean): Waiters<PendingOpen, Stream> {
    return isUnidirectional ? this.#openingUni : this.#openingBidi
  }

  /** Resolves when no stream is open, also because the session ended. */
  idle(): Promise<void> {
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  onStream(stream: Stream): void {
    if (this.#handler.onStream === undefined) {
      this.accepting.push(stream)
      return
    }
    this.#core.acceptedStream(stream)
    const handler = this.#handler
    this.#core.guard(stream, () => handler.onStream?.(stream))
  }

  onStreamsAvailable(): void {
    const core = this.#core
    for (const callers of [this.#openingBidi, this.#openingUni]) {
      callers.serve((pending) => core.open(pending.isUnidirectional, pending.urgency))
    }
    this.#guard(() => this.#handler.onStreamsAvailable?.())
  }

  onDatagram(payload: Uint8Array): void {
    this.#guard(() => this.#handler.onDatagram?.(payload))
  }

  onPong(rttMs: number | undefined): void {
    const core = this.#core
    if (!this.pings.answered(rttMs)) return
    core.liveness.requestPing(core.now)
    core.wake()
  }

  onUnreadPressure(): void {
    this.#guard(() => this.#handler.onUnreadPressure?.(this.#core.unreadStreams()))
  }

  onIdle(): void {
    const callers = this.#idle
    this.#idle = []
    for (const resolve of callers) resolve()
  }

  onClosing(reason: Error | undefined): void {
    const error = sessionOver(this.#core.closeReason)
    this.accepting.end(error, (stream) => (stream.state & RECEIVE_OVER) !== 0)
    this.#openingBidi.fail(error)
    this.#openingUni.fail(error)
    this.pings.fail(error)
    this.onIdle()
    this.#guard(() => this.#handler.onClosing?.(reason))
  }

  onClosed(reason: Error | undefined): void {
    this.isClosed = true
    this.#resolveClosed(reason)
    this.#guard(() => this.#handler.onClose?.(reason))
  }

  /** Calls a handler of the application; what it throws becomes an uncaught exception, and the session goes on. */
  #guard(call: () => void): void {
    try {
      call()
    } catch (error) {
      this.#core.events.onHandlerError(error)
    }
  }
}
