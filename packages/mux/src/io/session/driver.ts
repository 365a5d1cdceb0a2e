import {
  AstraError,
  type ByteDuplex,
  type ByteDuplexHandler,
  type Clock,
  type Timer,
} from '@astranet/interface'
import type { WireInteger } from '@astranet/frame'
import type { CoreEvents } from '../../proto/session/events.js'
import { SessionCore } from '../../proto/session/core.js'
import type { ResolvedLimits } from '../../proto/session/options.js'
import { DeadlineTimer } from './deadline-timer.js'
import { LongTurn } from './long-turn.js'

/** Streams that are notified of the session's end before other work has its turn. */
const STREAMS_PER_TURN = 2_000

/** What the driver reports: the core's events, except those that it handles itself. */
export type DriverEvents = Omit<CoreEvents, 'onWork' | 'onManyWaiting' | 'onHandlerError'> & {
  /** The connection is gone and every stream was notified: no event follows. */
  onClosed(reason: Error | undefined): void
}

/**
 * Connects a {@link SessionCore} to a byte duplex and a clock: passes in what arrives, sends what the core gathers, and
 * keeps its one timer. A turn gathers one flush; the next waits until the connection has taken it, so there is no queue
 * between the streams and the system.
 *
 * The duplex may call back from inside `handle`, `writev` and `end`. What arrives in such a call reaches the core at
 * once. Only flushes do not nest: the current one has gathered bytes that are not handed over yet, so the next comes
 * after it.
 */
export class Driver implements ByteDuplexHandler {
  readonly core: SessionCore
  readonly #duplex: ByteDuplex
  readonly #clock: Clock
  readonly #events: DriverEvents
  readonly #flush = (): void => this.#flushNow()
  #initialBytes: Uint8Array | undefined
  /** A method is running that looks for new work before it returns. */
  #isBusy = false
  /** A flush is running, or the pipe is being taken: none may begin. */
  #isFlushing = false
  #isWorkDue = false
  readonly #turn = new LongTurn()
  #isFlushScheduled = false
  #isAwaitingDrain = false
  #isEnded = false
  #hasLeft = false
  #isConnectionClosed = false
  /** Streams that this side has ended are to be notified of the session's end once the close has left. */
  #isNotifyingLater = false
  #areStreamsNotified = false
  readonly #deadlines: DeadlineTimer
  #closeTimer: Timer | undefined

  constructor(
    duplex: ByteDuplex,
    role: 'client' | 'server',
    wiring: {
      limits: ResolvedLimits
      clock: Clock
      random: () => number
      events: DriverEvents
      initialBytes: Uint8Array | undefined
    },
  ) {
    const { limits, clock, random, events, initialBytes } = wiring
    this.#duplex = duplex
    this.#clock = clock
    this.#events = events
    this.#initialBytes = initialBytes
    this.core = new SessionCore(role, limits, {
      environment: { now: () => clock.now(), random },
      events: {
        onWork: () => this.#onWork(),
        onManyWaiting: () => this.#sendEarly(),
        onStream: (stream) => events.onStream(stream),
        onStreamsAvailable: () => events.onStreamsAvailable(),
        onDatagram: (payload) => events.onDatagram(payload),
        onPong: (rttMs) => events.onPong(rttMs),
        onUnreadPressure: () => events.onUnreadPressure(),
        onClosing: (reason) => this.#onClosing(reason),
        onIdle: () => events.onIdle(),
        // Thrown in a turn of its own: the session and its other streams go on.
        onHandlerError: (error) =>
          clock.defer(() => {
            throw error
          }),
      },
    })
    this.#deadlines = new DeadlineTimer(clock, this.core)
  }

  /** Takes the pipe. Separate from the constructor, because what waits in the pipe may be delivered at once. */
  start(): void {
    // The pipe may deliver from inside `handle`. A flush here could bring an answer before the constructor has
    // returned.
    this.#isFlushing = true
    this.#duplex.handle(this)
    this.#isFlushing = false
    this.#isBusy = false
    this.core.wake()
    this.#schedule()
  }

  get returnsChunks(): boolean {
    return this.core.canBorrow
  }

  onData(chunk: Uint8Array): void {
    const isLent = this.returnsChunks
    this.#receiveInitialBytes()
    this.#receive(chunk, isLent)
    if (this.#isFlushing) return
    if (!this.#isWorkDue) this.#deadlines.arm()
    else if (this.core.isWorkUrgent && this.#duplex.defer === undefined) this.#flushNow()
    else this.#schedule()
  }

  onDrain(): void {
    // A drain may be left over from the pipe's user before: it says nothing about this session's bytes.
    if (!this.#isAwaitingDrain) return
    this.#isAwaitingDrain = false
    this.#isBusy = true
    const now = this.#clock.now()
    this.core.liveness.drained(now)
    this.core.accepted(now)
    this.#isBusy = this.#isFlushing
    this.#flushNow()
    this.#notifyIfLate()
  }

  onEnd(): void {
    this.#receiveInitialBytes()
    this.core.receiveEnd(this.#clock.now())
    this.#flushNow()
  }

  onClose(reason: Error | undefined): void {
    this.#receiveInitialBytes()
    this.#isConnectionClosed = true
    this.#isAwaitingDrain = false
    this.#deadlines.cancel()
    this.#closeTimer?.cancel()
    this.#isBusy = true
    this.core.connectionClosed(reason, this.#clock.now())
    this.#isBusy = this.#isFlushing
    this.#flushNow()
    this.#notifyIfLate()
    this.#finish()
  }

  onSuspend(): void {
    this.core.liveness.suspend(this.#clock.now())
  }

  onResume(): void {
    this.core.liveness.resume(this.#clock.now())
    this.#deadlines.arm()
  }

  /** Breaks the connection at once; the session ends with `error`. */
  abort(error: Error): void {
    this.core.abandon(error)
    this.#duplex.abort(error)
  }

  /**
   * Leaves within this call, if the connection takes bytes now. No handler of the application but `onClosing` is
   * called; the rest of a close follows in later turns, if the process has any.
   */
  closeNow(code: WireInteger, reason: string): void {
    this.core.leave(code, reason, this.#duplex.sendableBytes)
    if (this.core.isInFlight) return
    const chunks = this.core.gather(this.#clock.now())
    if (chunks === undefined) return
    this.#isAwaitingDrain = true
    this.#hasLeft = true
    if (!this.#duplex.writev(chunks)) return
    this.#clock.defer(() => this.onDrain())
    if (!this.core.isEndDue || this.#isEnded) return
    this.#isEnded = true
    this.#duplex.end()
  }

  /** Behind `closeNow`, if that could send anything: see `ByteDuplex.linger`. */
  linger(ms: number): void {
    if (this.#hasLeft) this.#duplex.linger?.(ms)
  }

  /** The clock's time, ms. */
  now(): number {
    return this.#clock.now()
  }

  #receiveInitialBytes(): void {
    const bytes = this.#initialBytes
    if (bytes === undefined) return
    this.#initialBytes = undefined
    if (bytes.length > 0) this.#receive(bytes, false)
  }

  #receive(chunk: Uint8Array, isLent: boolean): void {
    this.#isBusy = true
    this.core.receive(chunk, this.#clock.now(), isLent)
    this.#isBusy = this.#isFlushing
  }

  #onWork(): void {
    this.#isWorkDue = true
    if (!this.#isBusy) this.#schedule()
  }

  #schedule(): void {
    if (this.#isFlushScheduled) return
    this.#isFlushScheduled = true
    // While the connection is full a flush only notifies streams, which does not wait for the connection.
    if (this.#isAwaitingDrain) this.#clock.defer(this.#flush)
    else if (this.#duplex.beforeFlush !== undefined) this.#duplex.beforeFlush(this.#flush)
    else if (this.#duplex.defer !== undefined) this.#duplex.defer(this.#flush)
    else this.#clock.defer(this.#flush)
  }

  #flushNow(): void {
    if (this.#isFlushing) return this.#schedule()
    this.#isFlushScheduled = false
    this.#isFlushing = true
    this.#isBusy = true
    this.#receiveInitialBytes()
    if (this.core.hasWriters) this.core.letWrite(this.#clock.now())
    this.#isWorkDue = false
    this.#turn.reset()
    if (!this.#isAwaitingDrain) this.#send()
    this.core.handedOver()
    this.#isBusy = false
    this.#isFlushing = false
    this.#endWhenDue()
    this.#deadlines.arm()
    // While the connection is full its drain continues; otherwise other work has a turn before the next flush.
    if ((this.#isWorkDue || this.core.hasWriters) && !this.#isAwaitingDrain) this.#schedule()
  }

  #send(): void {
    const now = this.#clock.now()
    const chunks = this.core.gather(now)
    if (chunks === undefined) return
    if (this.#duplex.writev(chunks)) this.core.accepted(now)
    else this.#isAwaitingDrain = true
  }

  /**
   * Sends in the middle of a long turn. It may be within a call of the application, so nothing of the application is
   * called: the flush that is due anyway does so.
   */
  #sendEarly(): void {
    // What leaves with the process is sent at once, by `closeNow`.
    if (this.#isFlushing || this.#isAwaitingDrain || this.core.end.isLeaving) return
    if (this.#duplex.callsBackLater !== true || this.#duplex.defer !== undefined) return
    const now = this.#clock.now()
    if (!this.#turn.isOver(now)) return
    const chunks = this.core.gather(now)
    if (chunks === undefined) return
    if (this.#duplex.writev(chunks)) this.core.acceptedEarly(now)
    else this.#isAwaitingDrain = true
  }

  #endWhenDue(): void {
    if (this.#isEnded || this.#isAwaitingDrain || !this.core.isEndDue) return
    this.#isEnded = true
    this.#duplex.end()
  }

  #onClosing(reason: Error | undefined): void {
    this.#deadlines.cancel()
    if (!this.#isConnectionClosed) this.#limitClose(reason)
    this.#events.onClosing(reason)
    this.#clock.defer(() => this.#notifyStreams())
  }

  #limitClose(reason: Error | undefined): void {
    // A dead peer is not waited for. It receives the close all the same, should it be alive.
    const timeoutMs = this.core.isPeerDead ? 0 : this.core.options.closeTimeoutMs
    this.#closeTimer = this.#clock.setTimer(timeoutMs, () => {
      const message = `the peer did not end the connection within ${timeoutMs} ms`
      this.#duplex.abort(reason ?? new AstraError('ETIMEDOUT', message))
    })
  }

  /**
   * Streams that this side has ended are notified last while the close waits for the connection: what they wrote still
   * leaves with it. The time for a close bounds this.
   */
  #notifyStreams(): void {
    const isWaiting = this.#isAwaitingDrain && !this.#isConnectionClosed
    const keepsEnded = isWaiting && this.core.end.frame?.isApplication === true
    if (this.core.streams.failSome(STREAMS_PER_TURN, keepsEnded)) {
      this.#clock.defer(() => this.#notifyStreams())
      return
    }
    this.core.handedOver()
    this.#areStreamsNotified = !keepsEnded
    this.#isNotifyingLater = keepsEnded
    if (!this.#isAwaitingDrain || this.#isConnectionClosed) this.#notifyIfLate()
    this.#finish()
  }

  /** The close has left, or never will. */
  #notifyIfLate(): void {
    if (!this.#isNotifyingLater) return
    this.#isNotifyingLater = false
    this.#clock.defer(() => this.#notifyStreams())
  }

  #finish(): void {
    if (!this.#areStreamsNotified || !this.#isConnectionClosed) return
    this.#events.onClosed(this.core.closeReason)
  }
}
