import {
  DEFAULT_TRANSPORT_PARAMETERS,
  FrameDecoder,
  type ConnectionClose,
  type TransportParameters,
  type WireInteger,
} from '@astranet/frame'
import { toError } from '@astranet/interface'
import { ReceiveWindow } from '../receive/session-window.js'
import { UnreadStreams } from '../receive/unread-streams.js'
import { Blocks } from '../send/blocks.js'
import { BorrowedWrites } from '../send/borrowed-writes.js'
import { ClosedStreams } from '../send/closed-streams.js'
import { DatagramQueue } from '../send/datagram-queue.js'
import { FlushSize } from '../send/flush-size.js'
import type { SendHost } from '../send/host.js'
import { Scheduler } from '../send/scheduler.js'
import { Slab } from '../send/slab.js'
import { SendWindow } from '../send/window.js'
import { destroy } from '../stream/destroy.js'
import { extraOf } from '../stream/extra.js'
import type { StreamRecord } from '../stream/host.js'
import { StreamLimits } from '../stream/limits.js'
import { StreamSet, type StreamSetHost } from '../stream/set.js'
import { StreamState } from '../stream/state.js'
import { AbuseGuard } from './abuse-guard.js'
import { Dispatch, type DispatchHost } from './dispatch.js'
import { SessionEnd } from './end.js'
import { closedByPeer, type SessionError } from './errors.js'
import type { CoreEvents } from './events.js'
import { Liveness } from './liveness.js'
import type { CoreEnvironment, ResolvedLimits } from './options.js'
import { ownParameters } from './parameters.js'
import { StreamWork } from './stream-work.js'

/** How many streams begin to wait for their turn between two calls of `onManyWaiting`: a look at the clock for each. */
const STREAMS_BETWEEN_LOOKS = 8

/**
 * The state of a session, its parts, and what the parts ask of it. Each part knows it only by the smaller interface
 * that the part declares. `SessionCore` puts on top what the driver and the application call.
 */
export class SessionHost implements SendHost, StreamSetHost, DispatchHost {
  readonly options: ResolvedLimits
  readonly events: CoreEvents
  readonly isServer: boolean
  /** Time of the current call, ms. */
  now: number
  readonly end: SessionEnd = new SessionEnd((reason) => this.#onClosing(reason))

  readonly liveness: Liveness
  readonly receiveWindow: ReceiveWindow
  readonly sendWindow: SendWindow = new SendWindow()
  readonly limits: StreamLimits
  readonly streams: StreamSet
  readonly work: StreamWork
  readonly scheduler: Scheduler = new Scheduler()
  readonly flushSize: FlushSize = new FlushSize()
  readonly unread: UnreadStreams
  readonly abuse: AbuseGuard
  readonly borrowed: BorrowedWrites
  readonly closed: ClosedStreams
  readonly datagrams: DatagramQueue = new DatagramQueue()
  readonly slab: Slab = new Slab()
  readonly blocks: Blocks = new Blocks()

  /** What the peer declared; the defaults until it has. */
  peer: TransportParameters = DEFAULT_TRANSPORT_PARAMETERS
  hasPeerParameters = false
  readonly ownParameters: TransportParameters
  areParametersDue = true
  sendBufferedBytes = 0
  borrowedBytes = 0
  readonly windowRequests: Map<StreamRecord, number> = new Map()

  isInFlight = false
  isLending = false
  protected readonly decoder: FrameDecoder
  #hasWork = false
  /** Streams that began to wait for their turn since the latest `gather`. */
  #waitingStreams = 0
  #isWorkUrgent = false
  readonly #budgetReleased = (): void => this.wake()

  constructor(
    role: 'client' | 'server',
    options: ResolvedLimits,
    wiring: { environment: CoreEnvironment; events: CoreEvents },
  ) {
    const { environment, events } = wiring
    const { maxReceiveBufferBytes, memoryBudget, maxRecordSizeBytes, maxDatagramFrameSizeBytes } = options
    this.options = options
    this.events = events
    this.isServer = role === 'server'
    this.now = environment.now()
    const { random } = environment
    this.liveness = new Liveness({ ...options, random, isFirstToPing: role === 'client' }, this.now)
    this.receiveWindow = new ReceiveWindow(maxReceiveBufferBytes, memoryBudget)
    this.limits = new StreamLimits(options)
    this.streams = new StreamSet(this)
    this.work = new StreamWork(this)
    this.unread = new UnreadStreams(this)
    this.abuse = new AbuseGuard(this, this.now)
    this.borrowed = new BorrowedWrites(this)
    this.closed = new ClosedStreams(options.maxSendBufferBytes)
    this.ownParameters = ownParameters(options, this.receiveWindow.limit, this.limits)
    this.decoder = new FrameDecoder(new Dispatch(this), {
      maxRecordSizeBytes,
      maxDatagramFrameSizeBytes,
      acceptResetStreamAt: true,
    })
  }

  get isClosing(): boolean {
    return this.end.state !== 'open'
  }

  /** Why the session ended; `undefined` while it is open, and when it was closed without fault. */
  get closeReason(): Error | undefined {
    return this.end.reason
  }

  /** Whether what is to be sent should not wait until this turn ends. */
  get isWorkUrgent(): boolean {
    return this.#isWorkUrgent
  }

  /** Ends the session because of `error`, with a transport CONNECTION_CLOSE of its code. */
  fail(error: SessionError, frameType: WireInteger = 0): void {
    this.end.fail(error, frameType)
  }

  /** The peer closed the session: the sending side ends without a frame of this side. */
  closedByPeer(close: ConnectionClose): void {
    const isClean = close.code === 0 && !this.streams.hasUnfinished
    this.end.begin(isClean ? undefined : closedByPeer(close), undefined)
  }

  wake(): void {
    this.#isWorkUrgent = true
    this.#wakeLater()
  }

  renewLater(stream: StreamRecord): void {
    this.work.addRenewal(stream)
    this.#wakeLater()
  }

  schedule(stream: StreamRecord): void {
    if (stream.sendOffset < stream.sendLimit) this.#addToScheduler(stream)
    else if ((stream.state & (StreamState.BLOCKED_SENT | StreamState.BLOCKED_QUEUED)) === 0) {
      stream.state |= StreamState.BLOCKED_QUEUED
      this.work.addControl(stream)
    }
    this.wake()
  }

  queueControl(stream: StreamRecord): void {
    this.work.addControl(stream)
    this.wake()
  }

  releaseLater(stream: StreamRecord): void {
    if (!stream.isFlushOwed) return
    this.work.flushed.push(stream)
    if (this.end.state === 'closed') this.work.releaseFlushed()
    else this.wake()
  }

  beforeFlush(callback: () => void): void {
    this.work.writers.push(callback)
    this.#wakeLater()
  }

  checkEndLater(stream: StreamRecord): void {
    this.streams.endChecks.push(stream)
    this.wake()
  }

  guard(stream: StreamRecord, call: () => void): void {
    try {
      call()
    } catch (error) {
      this.handlerFailed(stream, error)
    }
  }

  handlerFailed(stream: StreamRecord, error: unknown): void {
    extraOf(stream).error ??= toError(error)
    destroy(stream, this.options.internalErrorCode)
    this.events.onHandlerError(error)
  }

  updateSessionWindow(isDue: boolean): boolean {
    const { receiveWindow, liveness, now } = this
    const before = receiveWindow.windowBytes
    const whenReleased = isDue ? this.#budgetReleased : undefined
    const isRaised = receiveWindow.update(now, liveness.minRttMs, whenReleased)
    // A window grown for a round trip that is too long shrinks when a shorter one is seen.
    if (receiveWindow.windowBytes > before) liveness.requestPing(now)
    return isRaised
  }

  #addToScheduler(stream: StreamRecord): void {
    if ((stream.state & StreamState.SCHEDULED) !== 0) return
    this.#waitingStreams += 1
    // In front of this stream: more of its bytes, or its end, may follow at once.
    if (this.#waitingStreams % STREAMS_BETWEEN_LOOKS === 0) this.events.onManyWaiting?.()
    this.scheduler.add(stream)
  }

  /** What loses nothing by waiting until this turn ends. */
  #wakeLater(): void {
    if (this.#hasWork) return
    this.#hasWork = true
    this.events.onWork()
  }

  /** The driver deals with the work that there is: what comes up from now on is new. */
  protected workTaken(): void {
    this.#hasWork = false
    this.#isWorkUrgent = false
    this.#waitingStreams = 0
  }

  #onClosing(reason: Error | undefined): void {
    this.decoder.stop()
    this.receiveWindow.close(this.#budgetReleased)
    this.datagrams.clear()
    this.wake()
    this.events.onClosing(reason)
  }
}
