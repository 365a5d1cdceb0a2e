import {
  datagramHeaderLength,
  DEFAULT_TRANSPORT_PARAMETERS,
  FrameDecoder,
  TransportErrorCode,
  type ConnectionClose,
  type TransportParameters,
  type WireInteger,
} from '@astranet/frame'
import { toError } from '@astranet/interface'
import { checkErrorCode } from '../check.js'
import { Dispatch } from './dispatch.js'
import { AbuseGuard } from './abuse-guard.js'
import { BorrowedWrites } from '../send/borrowed-writes.js'
import { ClosedStreams } from '../send/closed-streams.js'
import { DatagramQueue } from '../send/datagram-queue.js'
import type { CoreEvents } from './events.js'
import { broken, deadPeer, endedByPeer, idleTooLong, stuckRecord } from './end-reasons.js'
import { closedByPeer, protocolError, type SessionError } from './errors.js'
import { FlushSize } from '../send/flush-size.js'
import { Liveness } from './liveness.js'
import { LocalStreams } from '../stream/local-streams.js'
import type { CoreEnvironment, ResolvedLimits } from './options.js'
import { PeerStreams } from '../stream/peer-streams.js'
import { FIRST_STREAM_WINDOW_BYTES, ReceiveWindow } from '../receive/session-window.js'
import { Scheduler } from '../send/scheduler.js'
import { SendWindow } from '../send/window.js'
import { Slab } from '../send/slab.js'
import { extraOf } from '../stream/extra.js'
import { StreamState } from '../stream/state.js'
import { StreamSet } from '../stream/set.js'
import { Stream } from '../stream/stream.js'
import { Transmitter } from '../send/transmitter.js'
import { raiseWanted, renewSmallWindow } from '../receive/stream-window.js'
import { UnreadStreams } from '../receive/unread-streams.js'

/** With more than so much to send, in bytes, small windows are renewed in front of it and not behind. */
const MAX_BEFORE_RENEWAL_BYTES = 16_384

/**
 * One side of a QMux session as a plain object: it is fed bytes and a clock and asked for bytes to send. No socket, no
 * timer, no promise. Whoever drives it calls
 *
 * - `receive`, `receiveEnd`, `connectionClosed` for what the connection does,
 * - `gather` for bytes to send when `onWork` was called: at the end of what it calls now if `isWorkUrgent`, else at the end
 *   of the turn; then `handedOver` when they were given to the connection or there were none (it may find more work), and
 *   `accepted` when the connection refers to them no more; `gather` again only after `accepted`,
 * - `timeout` when `nextDeadline` has come,
 * - `streams.failSome` until it returns false, once the session is over.
 *
 * States: open -> closing (a CONNECTION_CLOSE is to be sent, or the sending side to be ended; what arrives is dropped)
 * -> closed (the connection is gone). `isOver` from closing on.
 */
export class SessionCore {
  readonly options: ResolvedLimits
  readonly events: CoreEvents
  readonly isServer: boolean
  /** Time of the current call, ms. */
  now: number
  state: 'open' | 'closing' | 'closed' = 'open'
  /** Why the session is over; `undefined` while it is not, and when it was closed without fault. */
  closeReason: Error | undefined = undefined
  /** A CONNECTION_CLOSE that is to be sent. */
  closeFrame: ConnectionClose | undefined = undefined
  /** In front of the close every stream is ended, and there is no next flush. */
  isLeaving = false

  readonly liveness: Liveness
  readonly receiveWindow: ReceiveWindow
  readonly sendWindow: SendWindow = new SendWindow()
  readonly localBidi: LocalStreams = new LocalStreams()
  readonly localUni: LocalStreams = new LocalStreams()
  readonly peerBidi: PeerStreams
  readonly peerUni: PeerStreams
  readonly streams: StreamSet
  readonly scheduler: Scheduler = new Scheduler()
  readonly flushSize: FlushSize = new FlushSize()
  readonly unread: UnreadStreams
  readonly abuse: AbuseGuard
  readonly borrowed: BorrowedWrites
  readonly closed: ClosedStreams
  readonly datagrams: DatagramQueue = new DatagramQueue()
  /** Holds small writes until they are sent. */
  readonly slab: Slab = new Slab()

  /** What the peer declared; the defaults until it has. */
  peer: TransportParameters = DEFAULT_TRANSPORT_PARAMETERS
  hasPeerParameters = false
  /** What this side declares. */
  readonly ownParameters: TransportParameters
  areParametersDue = true
  /** Bytes written on all streams and not yet sent. */
  sendBufferedBytes = 0
  /** Streams whose onWritable is due when the flush was handed over. */
  writable: Stream[] = []
  /** Streams whose onFlushed is due when the flush was accepted. */
  flushed: Stream[] = []
  /** Streams whose small window is to be renewed behind the next flush. */
  renewals: Stream[] = []
  /** Streams that require a larger window than the growth pool had room for, and how large. */
  readonly wanting: Map<Stream, number> = new Map()
  /** New streams of the peer are refused. */
  isDraining = false

  readonly #transmitter: Transmitter
  readonly #decoder: FrameDecoder
  #controlList: Stream[] = []
  #hasWork = false
  #isWorkUrgent = false
  /** The connection may refer to what was gathered last. */
  #isInFlight = false
  readonly #budgetReleased = (): void => this.wake()

  constructor(
    role: 'client' | 'server',
    options: ResolvedLimits,
    wiring: { environment: CoreEnvironment; events: CoreEvents },
  ) {
    const { environment, events } = wiring
    this.options = options
    this.events = events
    this.isServer = role === 'server'
    this.now = environment.now()
    this.liveness = new Liveness({ ...options, random: environment.random }, this.now)
    this.receiveWindow = new ReceiveWindow(
      options.maxReceiveBufferBytes,
      options.memoryBudget,
      options.isTrusted,
    )
    this.peerBidi = options.isTrusted ? new PeerStreams(options.maxConcurrentStreams) : new PeerStreams(1, 1)
    this.peerUni = options.isTrusted
      ? new PeerStreams(options.maxConcurrentUniStreams)
      : new PeerStreams(0, 0)
    this.streams = new StreamSet(this)
    this.unread = new UnreadStreams(this)
    this.abuse = new AbuseGuard(this, this.now)
    this.borrowed = new BorrowedWrites(this)
    this.closed = new ClosedStreams(this)
    this.ownParameters = {
      ...DEFAULT_TRANSPORT_PARAMETERS,
      maxIdleTimeoutMs: options.idleTimeoutMs,
      initialMaxData: this.receiveWindow.limit,
      initialMaxStreamDataBidiLocal: FIRST_STREAM_WINDOW_BYTES,
      initialMaxStreamDataBidiRemote: FIRST_STREAM_WINDOW_BYTES,
      initialMaxStreamDataUni: FIRST_STREAM_WINDOW_BYTES,
      initialMaxStreamsBidi: this.peerBidi.limit,
      initialMaxStreamsUni: this.peerUni.limit,
      maxRecordSizeBytes: options.maxRecordSizeBytes,
      maxDatagramFrameSizeBytes: options.maxDatagramFrameSizeBytes,
      resetStreamAt: true,
    }
    this.#transmitter = new Transmitter(this)
    const { maxRecordSizeBytes, maxDatagramFrameSizeBytes } = options
    this.#decoder = new FrameDecoder(new Dispatch(this), {
      maxRecordSizeBytes,
      maxDatagramFrameSizeBytes,
      acceptResetStreamAt: true,
    })
    this.liveness.requestPing(this.now)
  }

  /** Whether the session is closing or closed: nothing can be opened, written or received. */
  get isOver(): boolean {
    return this.state !== 'open'
  }

  /** Whether the connection may refer to what was gathered last: nothing can be gathered now. */
  get isInFlight(): boolean {
    return this.#isInFlight
  }

  /** Whether everything of a close was sent, so that the connection's sending side is to be ended. */
  get isEndDue(): boolean {
    return this.state === 'closing' && this.closeFrame === undefined
  }

  /** Bytes arrived. */
  receive(chunk: Uint8Array, now: number): void {
    this.now = now
    if (this.isOver) return
    this.abuse.endTurn()
    const error = this.#decoder.push(chunk)
    if (error !== undefined) this.fail(protocolError(error.code, error.message), error.frameType)
    this.liveness.received(now, this.#decoder.isInsideRecord)
    this.abuse.endTurn()
    this.streams.settle()
    if (this.isOver) return
    this.unread.check(now)
    if (this.receiveWindow.isUpdateDue() || this.wanting.size > 0) this.wake()
  }

  /** The peer ended its direction of the connection (section "Responding to a Connection Close"). */
  receiveEnd(now: number): void {
    this.now = now
    if (this.isOver) return
    const error = this.#decoder.finish()
    if (error !== undefined) this.fail(protocolError(error.code, error.message), error.frameType)
    else this.#over(this.streams.hasUnfinished ? endedByPeer() : undefined, undefined)
  }

  /** The connection is gone. */
  connectionClosed(reason: Error | undefined, now: number): void {
    this.now = now
    if (!this.isOver)
      this.#over(reason !== undefined || this.streams.hasUnfinished ? broken(reason) : undefined, undefined)
    this.state = 'closed'
    this.closeFrame = undefined
    this.#releaseFlushed()
  }

  /** Gathers up to one flush. `undefined`: nothing to send now. */
  gather(now: number): Uint8Array[] | undefined {
    this.now = now
    this.#noWork()
    if (this.state === 'closed') return undefined
    if (this.wanting.size > 0) raiseWanted(this.wanting)
    if (this.sendBufferedBytes > MAX_BEFORE_RENEWAL_BYTES) this.#renewWindows()
    if (this.#transmitter.gather()) this.wake()
    if (this.#transmitter.writer.bytes === 0) return undefined
    this.flushSize.gathered(this.#transmitter.writer.bytes, now)
    const chunks = this.#transmitter.writer.finish()
    this.liveness.recordSent(now)
    this.#isInFlight = true
    return chunks
  }

  /**
   * What was gathered was given to the connection: streams whose last frame it held are over, and small windows are
   * renewed. Also to be called when there was work and nothing could be gathered.
   */
  handedOver(): void {
    this.#noWork()
    const { writable } = this
    if (writable.length > 0) {
      this.writable = []
      for (const stream of writable) this.#tellWritable(stream)
    }
    if (!this.#isInFlight) this.#releaseFlushed()
    this.streams.settle()
    this.#renewWindows()
  }

  /** The connection refers to nothing any more that was gathered. */
  accepted(now: number): void {
    this.now = now
    this.#isInFlight = false
    this.liveness.drained(now)
    this.flushSize.accepted(now)
    this.#transmitter.writer.reuse()
    if (this.sendBufferedBytes === 0) this.slab.reuse()
    this.#releaseFlushed()
  }

  /** The stream refers to no bytes of the application any more; the flush under way may. */
  releaseLater(stream: Stream): void {
    if (!stream.isFlushOwed) return
    this.flushed.push(stream)
    if (this.state === 'closed') this.#releaseFlushed()
    else this.wake()
  }

  /** When `timeout` is to be called, ms; `Infinity` when never. */
  nextDeadline(): number {
    if (this.isOver) return Infinity
    return Math.min(this.liveness.nextDeadline(), this.unread.deadline, this.borrowed.deadline)
  }

  /** A deadline has come. What arrived meanwhile must have been received first. */
  timeout(now: number): void {
    this.now = now
    if (this.isOver) return
    const verdict = this.liveness.check(now)
    // Section "Initiating a Connection Close": after an idle timeout no frame is sent, the sending side just ends.
    if (verdict === 'idle') this.#over(idleTooLong(this.liveness.idleTimeoutMs), undefined)
    else if (verdict === 'dead') this.fail(deadPeer(this.options.deadPeerTimeoutMs))
    else if (verdict === 'stuck-record') this.fail(stuckRecord(this.options.recordTimeoutMs))
    if (this.isOver) return
    this.unread.check(now)
    this.borrowed.check(now)
    if (this.liveness.isPingDue) this.wake()
  }

  /** Opens a stream, or returns `undefined` when the peer allows no more now. */
  open(isUnidirectional: boolean, urgency: number): Stream | undefined {
    const index = (isUnidirectional ? this.localUni : this.localBidi).take()
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
    const peer = stream.isUnidirectional ? this.peerUni : this.peerBidi
    peer.accepted += 1
    this.abuse.accepted(stream)
    if (peer.isUpdateDue()) this.wake()
  }

  /** The largest datagram that can be sent, in bytes; -1 when the peer takes none. */
  get maxDatagramBytes(): number {
    const { maxDatagramFrameSizeBytes, maxRecordSizeBytes } = this.peer
    const frame = Math.min(maxDatagramFrameSizeBytes, maxRecordSizeBytes)
    if (frame === 0) return -1
    // The header's length depends on the payload's: the largest payload whose whole frame fits.
    let payload = frame - datagramHeaderLength(frame)
    while (payload + 1 + datagramHeaderLength(payload + 1) <= frame) payload += 1
    return payload
  }

  /** Queues a datagram; false when the queue is full and it was dropped. It must be of at most `maxDatagramBytes`. */
  sendDatagram(payload: Uint8Array): boolean {
    if (this.isOver || !this.datagrams.push(payload)) return false
    this.wake()
    return true
  }

  /** The peer has proved who it is: full limits from now on. */
  raiseLimits(): void {
    if (this.isOver) return
    this.receiveWindow.trust(this.now)
    this.peerBidi.trust(this.options.maxConcurrentStreams)
    this.peerUni.trust(this.options.maxConcurrentUniStreams)
    this.wake()
  }

  /** No more streams of the peer: those it may still open are refused, and it gets no credit for more. */
  drain(): void {
    this.isDraining = true
    this.peerBidi.isFrozen = true
    this.peerUni.isFrozen = true
  }

  /** Ends the session without fault, with an application CONNECTION_CLOSE. Idempotent. */
  close(code: WireInteger, reason: string): void {
    checkErrorCode(code)
    this.#over(undefined, { isApplication: true, code, frameType: 0, reason })
  }

  /**
   * The same, and the flush that carries the close carries all that the credit allows, and ends every stream: with FIN where
   * everything written was sent, else with a reset behind what was. A session that is over stays as it is.
   */
  leave(code: WireInteger, reason: string): void {
    if (!this.isOver) {
      this.isLeaving = true
      for (const stream of this.streams.all()) stream.handler?.onLeave?.(stream)
    }
    this.close(code, reason)
  }

  /** Ends the session because of `error`, with a transport CONNECTION_CLOSE of its code. */
  fail(error: SessionError, frameType: WireInteger = 0): void {
    const code = error.closeCode ?? TransportErrorCode.NO_ERROR
    const reason = error.reason === '' ? error.message : error.reason
    this.#over(error, { isApplication: false, code, frameType, reason })
  }

  /** Ends the session because of `error` without a word to the peer: whoever drives it breaks the connection. */
  abandon(error: Error): void {
    this.#over(error, undefined)
  }

  /** The peer closed the session: the sending side is ended without a frame of our own. */
  closedByPeer(close: ConnectionClose): void {
    const isClean = close.code === 0
    this.#over(isClean && !this.streams.hasUnfinished ? undefined : closedByPeer(close), undefined)
  }

  /** Something is to be sent or settled. */
  wake(): void {
    this.#isWorkUrgent = true
    this.wakeLater()
  }

  /** The same for what loses nothing by waiting until this turn ends. */
  wakeLater(): void {
    if (this.#hasWork) return
    this.#hasWork = true
    this.events.onWork()
  }

  /** Whether what is to be sent should not wait until this turn ends. */
  get isWorkUrgent(): boolean {
    return this.#isWorkUrgent
  }

  /** The stream has data to send. */
  schedule(stream: Stream): void {
    if (stream.sendOffset < stream.sendLimit) this.scheduler.add(stream)
    else if ((stream.state & (StreamState.BLOCKED_SENT | StreamState.BLOCKED_QUEUED)) === 0) {
      stream.state |= StreamState.BLOCKED_QUEUED
      this.queueControl(stream)
    }
    this.wake()
  }

  /** The stream has a control frame to send. */
  queueControl(stream: Stream): void {
    if ((stream.state & StreamState.CONTROL_LISTED) === 0) {
      stream.state |= StreamState.CONTROL_LISTED
      this.#controlList.push(stream)
    }
    this.wake()
  }

  /** The streams with control frames to send; the list begins anew. */
  takeControlList(): Stream[] {
    const list = this.#controlList
    this.#controlList = []
    return list
  }

  /** Puts the rest of a list that was taken, from `from` on, back in front. */
  keepControlList(list: Stream[], from: number): void {
    this.#controlList = list.slice(from).concat(this.#controlList)
  }

  /**
   * Raises MAX_DATA for the flush that is gathered. Returns whether it was raised. When it is due and the budget is used up,
   * there is work again as soon as it is not.
   */
  updateSessionWindow(isDue: boolean): boolean {
    const { receiveWindow, liveness, now } = this
    const before = receiveWindow.windowBytes
    const whenReleased = isDue ? this.#budgetReleased : undefined
    const isRaised = receiveWindow.update(now, liveness.minRttMs, whenReleased)
    // A window grown for a round trip that is too long shrinks when a shorter one is seen.
    if (receiveWindow.windowBytes > before) liveness.requestPing(now)
    return isRaised
  }

  /** Checks soon whether the stream is over. */
  settleLater(stream: Stream): void {
    this.streams.unsettled.push(stream)
    this.wake()
  }

  /** Calls a handler of the application; what it throws ends its stream and becomes an uncaught exception. */
  guard(stream: Stream, call: () => void): void {
    try {
      call()
    } catch (error) {
      this.handlerFailed(stream, error)
    }
  }

  /** A handler of the stream threw. */
  handlerFailed(stream: Stream, error: unknown): void {
    extraOf(stream).error ??= toError(error)
    stream.destroy(this.options.internalErrorCode)
    this.events.onHandlerError(error)
  }

  #noWork(): void {
    this.#hasWork = false
    this.#isWorkUrgent = false
  }

  #renewWindows(): void {
    const { renewals } = this
    if (renewals.length === 0) return
    this.renewals = []
    for (const stream of renewals) renewSmallWindow(stream)
  }

  #tellWritable(stream: Stream): void {
    const given = StreamState.RESET_QUEUED | StreamState.RESET_SENT
    if ((stream.state & given) === 0) this.guard(stream, () => stream.handler?.onWritable?.(stream))
  }

  #releaseFlushed(): void {
    if (this.flushed.length === 0) return
    const { flushed } = this
    this.flushed = []
    for (const stream of flushed) {
      if (!stream.isFlushOwed || stream.sendQueue?.isBorrowing === true) continue
      stream.state &= ~StreamState.FLUSH_OWED
      this.guard(stream, () => stream.handler?.onFlushed?.(stream))
      this.settleLater(stream)
    }
  }

  #over(reason: Error | undefined, closeFrame: ConnectionClose | undefined): void {
    if (this.isOver) return
    this.state = 'closing'
    this.closeReason = reason
    this.closeFrame = closeFrame
    this.#decoder.stop()
    this.receiveWindow.close(this.#budgetReleased)
    this.datagrams.clear()
    this.wake()
    this.events.onOver(reason)
  }
}
