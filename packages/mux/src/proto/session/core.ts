import {
  DEFAULT_TRANSPORT_PARAMETERS,
  FrameDecoder,
  type ConnectionClose,
  type TransportParameters,
  type WireInteger,
} from '@astranet/frame'
import { toError } from '@astranet/interface'
import { FIRST_STREAM_WINDOW_BYTES, ReceiveWindow } from '../receive/session-window.js'
import { serveWindowRequests } from '../receive/stream-window.js'
import { UnreadStreams } from '../receive/unread-streams.js'
import { BorrowedWrites } from '../send/borrowed-writes.js'
import { ClosedStreams } from '../send/closed-streams.js'
import { DatagramQueue, maxDatagramBytes } from '../send/datagram-queue.js'
import { FlushSize } from '../send/flush-size.js'
import type { SendHost } from '../send/host.js'
import { Scheduler } from '../send/scheduler.js'
import { Slab } from '../send/slab.js'
import { Transmitter } from '../send/transmitter.js'
import { SendWindow } from '../send/window.js'
import { destroy } from '../stream/destroy.js'
import { extraOf } from '../stream/extra.js'
import type { StreamRecord } from '../stream/host.js'
import { StreamLimits } from '../stream/limits.js'
import { StreamSet, type StreamSetHost } from '../stream/set.js'
import { StreamState } from '../stream/state.js'
import { Stream } from '../stream/stream.js'
import { AbuseGuard } from './abuse-guard.js'
import { Dispatch, type DispatchHost } from './dispatch.js'
import { broken, deadPeer, endedByPeer, idleTooLong, stuckRecord } from './end-reasons.js'
import { SessionEnd } from './end.js'
import { closedByPeer, protocolError, type SessionError } from './errors.js'
import type { CoreEvents } from './events.js'
import { Liveness } from './liveness.js'
import type { CoreEnvironment, ResolvedLimits } from './options.js'
import { ownParameters } from './parameters.js'
import { StreamWork } from './stream-work.js'

/** With more bytes than this to send, small windows are renewed in front of them and not behind. */
const MAX_BEFORE_RENEWAL_BYTES = 16_384

/**
 * One side of a QMux session as a plain object: it is fed bytes and a clock and asked for bytes to send. No socket, no
 * timer, no promise. Its driver calls
 *
 * - `receive`, `receiveEnd`, `connectionClosed` for what the connection does,
 * - `gather` for bytes to send after `onWork`: at the end of the driver's current call if `isWorkUrgent`, else at the end
 *   of the turn; then `handedOver` when they were given to the connection or there were none (it may find more work), and
 *   `accepted` when the connection no longer refers to them; `gather` again only after `accepted`,
 * - `timeout` when `nextDeadline` has come,
 * - `streams.failSome` until it returns false, once the session is closing.
 *
 * The states are those of `SessionEnd`. `isClosing` from closing on. The parts of the session know it by the smaller
 * interfaces that it implements.
 */
export class SessionCore implements SendHost, StreamSetHost, DispatchHost {
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

  /** What the peer declared; the defaults until it has. */
  peer: TransportParameters = DEFAULT_TRANSPORT_PARAMETERS
  hasPeerParameters = false
  readonly ownParameters: TransportParameters
  areParametersDue = true
  sendBufferedBytes = 0
  readonly windowRequests: Map<StreamRecord, number> = new Map()

  readonly #transmitter: Transmitter
  readonly #decoder: FrameDecoder
  #hasWork = false
  #isWorkUrgent = false
  #isInFlight = false
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
    this.liveness = new Liveness({ ...options, random: environment.random }, this.now)
    this.receiveWindow = new ReceiveWindow(maxReceiveBufferBytes, memoryBudget, options.isTrusted)
    this.limits = new StreamLimits(options)
    this.streams = new StreamSet(this)
    this.work = new StreamWork(this)
    this.unread = new UnreadStreams(this)
    this.abuse = new AbuseGuard(this, this.now)
    this.borrowed = new BorrowedWrites(this)
    this.closed = new ClosedStreams(options.maxSendBufferBytes)
    this.ownParameters = ownParameters(options, this.receiveWindow.limit, this.limits)
    this.#transmitter = new Transmitter(this)
    this.#decoder = new FrameDecoder(new Dispatch(this), {
      maxRecordSizeBytes,
      maxDatagramFrameSizeBytes,
      acceptResetStreamAt: true,
    })
    this.liveness.requestPing(this.now)
  }

  get isClosing(): boolean {
    return this.end.state !== 'open'
  }

  /** Why the session ended; `undefined` while it is open, and when it was closed without fault. */
  get closeReason(): Error | undefined {
    return this.end.reason
  }

  /** Whether the connection may refer to what was gathered last: nothing can be gathered now. */
  get isInFlight(): boolean {
    return this.#isInFlight
  }

  /** Whether everything of a close was sent, so that the connection's sending side is to be ended. */
  get isEndDue(): boolean {
    return this.end.isSendingDone
  }

  /** Whether what is to be sent should not wait until this turn ends. */
  get isWorkUrgent(): boolean {
    return this.#isWorkUrgent
  }

  // What the connection does

  /** Bytes arrived. */
  receive(chunk: Uint8Array, now: number): void {
    this.now = now
    if (this.isClosing) return
    this.abuse.endTurn()
    const error = this.#decoder.push(chunk)
    if (error !== undefined) this.fail(protocolError(error.code, error.message), error.frameType)
    this.liveness.received(now, this.#decoder.isInsideRecord)
    this.abuse.endTurn()
    this.streams.settle()
    if (this.isClosing) return
    this.unread.check(now)
    if (this.receiveWindow.isUpdateDue() || this.windowRequests.size > 0) this.wake()
  }

  /** The peer ended its direction of the connection (section "Responding to a Connection Close"). */
  receiveEnd(now: number): void {
    this.now = now
    if (this.isClosing) return
    const error = this.#decoder.finish()
    if (error !== undefined) this.fail(protocolError(error.code, error.message), error.frameType)
    else this.end.begin(this.streams.hasUnfinished ? endedByPeer() : undefined, undefined)
  }

  /** The connection is gone. */
  connectionClosed(reason: Error | undefined, now: number): void {
    this.now = now
    if (!this.isClosing) {
      const isFault = reason !== undefined || this.streams.hasUnfinished
      this.end.begin(isFault ? broken(reason) : undefined, undefined)
    }
    this.end.connectionClosed()
    this.work.releaseFlushed()
  }

  /** Gathers up to one flush. `undefined`: nothing to send now. */
  gather(now: number): Uint8Array[] | undefined {
    this.now = now
    this.#noWork()
    if (this.end.state === 'closed') return undefined
    if (this.windowRequests.size > 0) serveWindowRequests(this.windowRequests)
    if (this.sendBufferedBytes > MAX_BEFORE_RENEWAL_BYTES) this.work.renewWindows()
    if (this.#transmitter.gather()) this.wake()
    const { writer } = this.#transmitter
    if (writer.bytes === 0) return undefined
    this.flushSize.gathered(writer.bytes, now)
    const chunks = writer.finish()
    this.liveness.recordSent(now)
    this.#isInFlight = true
    return chunks
  }

  /**
   * What was gathered was given to the connection: streams whose last frame it held have ended, and small windows are
   * renewed. Also to be called when there was work and nothing could be gathered.
   */
  handedOver(): void {
    this.#noWork()
    this.work.notifyWritable()
    if (!this.#isInFlight) this.work.releaseFlushed()
    this.streams.settle()
    this.work.renewWindows()
  }

  /** The connection no longer refers to anything that was gathered. */
  accepted(now: number): void {
    this.now = now
    this.#isInFlight = false
    this.liveness.drained(now)
    this.flushSize.accepted(now)
    this.#transmitter.writer.reuse()
    if (this.sendBufferedBytes === 0) this.slab.reuse()
    this.work.releaseFlushed()
  }

  /** When `timeout` is to be called, ms; `Infinity` when never. */
  nextDeadline(): number {
    if (this.isClosing) return Infinity
    return Math.min(this.liveness.nextDeadline(), this.unread.deadline, this.borrowed.deadline)
  }

  /** A deadline has come. What arrived meanwhile must have been received first. */
  timeout(now: number): void {
    this.now = now
    if (this.isClosing) return
    const verdict = this.liveness.check(now)
    // Section "Initiating a Connection Close": after an idle timeout no frame is sent, the sending side just ends.
    if (verdict === 'idle') this.end.begin(idleTooLong(this.liveness.idleTimeoutMs), undefined)
    else if (verdict === 'dead') this.fail(deadPeer(this.options.deadPeerTimeoutMs))
    else if (verdict === 'stuck-record') this.fail(stuckRecord(this.options.recordTimeoutMs))
    if (this.isClosing) return
    this.unread.check(now)
    this.borrowed.check(now)
    if (this.liveness.isPingDue) this.wake()
  }

  // What the application does

  /** Opens a stream, or returns `undefined` when the peer allows no more now. */
  open(isUnidirectional: boolean, urgency: number): Stream | undefined {
    const index = this.limits.local(isUnidirectional).take()
    if (index === -1) {
      this.wake()
      return undefined
    }
    const id = index * 4 + (isUnidirectional ? 2 : 0) + (this.isServer ? 1 : 0)
    const { initialMaxStreamDataUni, initialMaxStreamDataBidiRemote } = this.peer
    const stream = new Stream(this, id, {
      send: isUnidirectional ? initialMaxStreamDataUni : initialMaxStreamDataBidiRemote,
      receive: isUnidirectional ? 0 : FIRST_STREAM_WINDOW_BYTES,
      urgency,
    })
    this.streams.add(stream)
    this.queueControl(stream)
    return stream
  }

  /** The application got a stream of the peer: the peer may open another one in its place. */
  acceptedStream(stream: Stream): void {
    const peer = this.limits.peer(stream.isUnidirectional)
    peer.accepted += 1
    this.abuse.accepted(stream)
    if (peer.isUpdateDue()) this.wake()
  }

  /** The largest datagram that can be sent, in bytes; -1 when the peer takes none. */
  get maxDatagramBytes(): number {
    return maxDatagramBytes(this.peer)
  }

  /** Queues a datagram; false when the queue is full and it was dropped. At most `maxDatagramBytes`. */
  sendDatagram(payload: Uint8Array): boolean {
    if (this.isClosing || !this.datagrams.push(payload)) return false
    this.wake()
    return true
  }

  /** The peer is authenticated: full limits from now on. */
  raiseLimits(): void {
    if (this.isClosing) return
    this.receiveWindow.trust(this.now)
    this.limits.trust()
    this.wake()
  }

  /** The streams that hold unread bytes, the longest untouched first. */
  unreadStreams(): Stream[] {
    // `Stream` is the only class of stream records.
    return this.unread.list() as Stream[]
  }

  /** No more streams of the peer: those it may still open are refused, and it gets no credit for more. */
  drain(): void {
    this.limits.freeze()
  }

  /** Ends the session without fault, with an application CONNECTION_CLOSE. Idempotent. */
  close(code: WireInteger, reason: string): void {
    this.end.close(code, reason)
  }

  /**
   * Like `close`, but the flush with the CONNECTION_CLOSE also carries all that the credit allows, and ends every stream:
   * with FIN where everything written was sent, else with a reset behind what was. Without effect on a session that is
   * closing already.
   */
  leave(code: WireInteger, reason: string): void {
    if (!this.isClosing) {
      this.end.isLeaving = true
      for (const stream of this.streams.all()) stream.handler?.onLeave?.(stream)
    }
    this.close(code, reason)
  }

  /** Ends the session because of `error`, with a transport CONNECTION_CLOSE of its code. */
  fail(error: SessionError, frameType: WireInteger = 0): void {
    this.end.fail(error, frameType)
  }

  /** Ends the session because of `error` without a frame to the peer: the driver breaks the connection. */
  abandon(error: Error): void {
    this.end.begin(error, undefined)
  }

  /** The peer closed the session: the sending side ends without a frame of this side. */
  closedByPeer(close: ConnectionClose): void {
    const isClean = close.code === 0 && !this.streams.hasUnfinished
    this.end.begin(isClean ? undefined : closedByPeer(close), undefined)
  }

  // What the parts ask of their session

  wake(): void {
    this.#isWorkUrgent = true
    this.#wakeLater()
  }

  renewLater(stream: StreamRecord): void {
    this.work.addRenewal(stream)
    this.#wakeLater()
  }

  schedule(stream: StreamRecord): void {
    if (stream.sendOffset < stream.sendLimit) this.scheduler.add(stream)
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

  settleLater(stream: StreamRecord): void {
    this.streams.unsettled.push(stream)
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

  /** What loses nothing by waiting until this turn ends. */
  #wakeLater(): void {
    if (this.#hasWork) return
    this.#hasWork = true
    this.events.onWork()
  }

  #noWork(): void {
    this.#hasWork = false
    this.#isWorkUrgent = false
  }

  #onClosing(reason: Error | undefined): void {
    this.#decoder.stop()
    this.receiveWindow.close(this.#budgetReleased)
    this.datagrams.clear()
    this.wake()
    this.events.onOver(reason)
  }
}
