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

/** Streams that are told of the session's end before other work has its turn. */
const SLICE = 2_000

/** What the driver passes on: the core's events except those it deals with itself. */
export type DriverEvents = Omit<CoreEvents, 'onWork' | 'onOver' | 'onHandlerError'> & {
  onOver(reason: Error | undefined): void
  /** The connection is gone and every stream was told: nothing follows. */
  onClosed(reason: Error | undefined): void
}

/**
 * Connects a {@link SessionCore} to a byte duplex and a clock: brings it what arrives, sends what it gathers, and keeps
 * its one timer. A turn gathers one flush; the next waits until the connection has taken it, so there is no queue
 * between the streams and the system.
 *
 * The duplex may call back from inside `handle`, `writev` and `end`. What it brings there reaches the core at once; only
 * flushes do not nest: the one under way has gathered bytes that are not handed over yet, so the next comes after it.
 */
export class Driver implements ByteDuplexHandler {
  readonly core: SessionCore
  readonly #duplex: ByteDuplex
  readonly #clock: Clock
  readonly #events: DriverEvents
  readonly #flush = (): void => this.#flushNow()
  #initialBytes: Uint8Array | undefined
  /** Work that comes up is looked at by whoever is running. */
  #isBusy = false
  /** A flush is under way, or the pipe is being taken: none may begin. */
  #isFlushing = false
  #isWorkDue = false
  #isFlushScheduled = false
  #isAwaitingDrain = false
  #isEnded = false
  #hasLeft = false
  #isConnectionClosed = false
  #areStreamsTold = false
  #timer: Timer | undefined
  #timerAt = Infinity
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
        onStream: (stream) => events.onStream(stream),
        onStreamsAvailable: () => events.onStreamsAvailable(),
        onDatagram: (payload) => events.onDatagram(payload),
        onPong: (rttMs) => events.onPong(rttMs),
        onUnreadPressure: () => events.onUnreadPressure(),
        onOver: (reason) => this.#onOver(reason),
        onIdle: () => events.onIdle(),
        // Thrown in a turn of its own: the session and its other streams go on.
        onHandlerError: (error) =>
          clock.defer(() => {
            throw error
          }),
      },
    })
  }

  /** Takes the pipe. Separate from the constructor, because what waits in the pipe may be delivered at once. */
  start(): void {
    // What is answered from inside here could be answered in turn, before whoever makes the session has it.
    this.#isFlushing = true
    this.#duplex.handle(this)
    this.#isFlushing = false
    this.#isBusy = false
    this.core.wake()
    this.#schedule()
  }

  onData(chunk: Uint8Array): void {
    this.#receiveInitialBytes()
    this.#receive(chunk)
    if (this.#isFlushing) return
    if (!this.#isWorkDue) this.#arm()
    else if (this.core.isWorkUrgent && this.#duplex.defer === undefined) this.#flushNow()
    else this.#schedule()
  }

  onDrain(): void {
    // One that a predecessor was owed says nothing of what is being written.
    if (!this.#isAwaitingDrain) return
    this.#isAwaitingDrain = false
    this.#isBusy = true
    this.core.accepted(this.#clock.now())
    this.#isBusy = this.#isFlushing
    this.#flushNow()
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
    this.#timer?.cancel()
    this.#closeTimer?.cancel()
    this.#isBusy = true
    this.core.connectionClosed(reason, this.#clock.now())
    this.#isBusy = this.#isFlushing
    this.#flushNow()
    this.#finish()
  }

  onSuspend(): void {
    this.core.liveness.suspend(this.#clock.now())
  }

  onResume(): void {
    this.core.liveness.resume(this.#clock.now())
    this.#arm()
  }

  /** Breaks the connection at once; the session ends with `error`. */
  abort(error: Error): void {
    this.core.abandon(error)
    this.#duplex.abort(error)
  }

  /**
   * Leaves within this call, if the connection takes bytes now. Of the application nobody but `onOver` is called: the rest
   * of a close follows in later turns, where there are any.
   */
  closeNow(code: WireInteger, reason: string): void {
    this.core.leave(code, reason)
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
    if (bytes.length > 0) this.#receive(bytes)
  }

  #receive(chunk: Uint8Array): void {
    this.#isBusy = true
    this.core.receive(chunk, this.#clock.now())
    this.#isBusy = this.#isFlushing
  }

  #onWork(): void {
    this.#isWorkDue = true
    if (!this.#isBusy) this.#schedule()
  }

  #schedule(): void {
    if (this.#isFlushScheduled) return
    this.#isFlushScheduled = true
    // While the connection is full a flush only tells streams: that does not wait for it.
    if (this.#isAwaitingDrain || this.#duplex.defer === undefined) this.#clock.defer(this.#flush)
    else this.#duplex.defer(this.#flush)
  }

  #flushNow(): void {
    if (this.#isFlushing) return this.#schedule()
    this.#isFlushScheduled = false
    this.#isFlushing = true
    this.#isBusy = true
    this.#receiveInitialBytes()
    this.#isWorkDue = false
    if (!this.#isAwaitingDrain) this.#send()
    this.core.handedOver()
    this.#isBusy = false
    this.#isFlushing = false
    this.#endWhenDue()
    this.#arm()
    // While the connection is full its drain goes on; otherwise other work has a turn before the next flush.
    if (this.#isWorkDue && !this.#isAwaitingDrain) this.#schedule()
  }

  #send(): void {
    const now = this.#clock.now()
    const chunks = this.core.gather(now)
    if (chunks === undefined) return
    if (this.#duplex.writev(chunks)) this.core.accepted(now)
    else this.#isAwaitingDrain = true
  }

  #endWhenDue(): void {
    if (this.#isEnded || this.#isAwaitingDrain || !this.core.isEndDue) return
    this.#isEnded = true
    this.#duplex.end()
  }

  #arm(): void {
    const deadline = this.core.nextDeadline()
    if (deadline >= this.#timerAt || this.core.isClosing) return
    this.#timer?.cancel()
    this.#timerAt = deadline
    const delayMs = deadline - this.#clock.now()
    this.#timer = this.#clock.setTimer(delayMs, () => this.#onTimer(), { background: true })
  }

  /** What arrived while this process was busy or stopped is read before anything is judged: one more turn. */
  #onTimer(): void {
    this.#clock.defer(() => {
      this.#timerAt = Infinity
      const now = this.#clock.now()
      if (now >= this.core.nextDeadline()) this.core.timeout(now)
      this.#arm()
    })
  }

  #onOver(reason: Error | undefined): void {
    this.#timer?.cancel()
    if (!this.#isConnectionClosed) this.#limitClose(reason)
    this.#events.onOver(reason)
    this.#clock.defer(() => this.#tellStreams())
  }

  #limitClose(reason: Error | undefined): void {
    const { closeTimeoutMs } = this.core.options
    this.#closeTimer = this.#clock.setTimer(closeTimeoutMs, () => {
      const message = `the peer did not end the connection within ${closeTimeoutMs} ms`
      this.#duplex.abort(reason ?? new AstraError('ETIMEDOUT', message))
    })
  }

  #tellStreams(): void {
    if (this.core.streams.failSome(SLICE)) {
      this.#clock.defer(() => this.#tellStreams())
      return
    }
    this.core.handedOver()
    this.#areStreamsTold = true
    this.#finish()
  }

  #finish(): void {
    if (!this.#areStreamsTold || !this.#isConnectionClosed) return
    this.#events.onClosed(this.core.closeReason)
  }
}
