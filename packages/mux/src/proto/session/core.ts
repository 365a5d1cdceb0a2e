import type { WireInteger } from '@astranet/frame'
import { FIRST_STREAM_WINDOW_BYTES } from '../receive/session-window.js'
import { serveWindowRequests } from '../receive/stream-window.js'
import { maxDatagramBytes } from '../send/datagram-queue.js'
import { Transmitter } from '../send/transmitter.js'
import { Stream } from '../stream/stream.js'
import { broken, deadPeer, endedByPeer, idleTooLong, stuckRecord } from './end-reasons.js'
import { protocolError } from './errors.js'
import type { CoreEvents } from './events.js'
import { SessionHost } from './host.js'
import type { CoreEnvironment, ResolvedLimits } from './options.js'

/** With more bytes than this to send, small windows are renewed in front of them and not behind. */
const MAX_BEFORE_RENEWAL_BYTES = 16_384

/**
 * One side of a QMux session as a plain object: it is fed bytes and a clock and asked for bytes to send. No socket, no
 * timer, no promise. Its driver calls
 *
 * - `receive`, `receiveEnd`, `connectionClosed` for what the connection does,
 * - `letWrite`, then `gather` for bytes to send after `onWork`: at the end of the driver's current call if
 *   `isWorkUrgent`, else at the end of the turn; then `handedOver` when they were given to the connection or there were
 *   none (it may find more work), and `accepted` when the connection no longer refers to them; `gather` again only after
 *   `accepted`. In a long turn, `gather` and `acceptedEarly` at `onManyWaiting`,
 * - `timeout` when `nextDeadline` has come,
 * - `streams.failSome` until it returns false, once the session is closing.
 *
 * The states are those of `SessionEnd`; `isClosing` from closing on.
 */
export class SessionCore extends SessionHost {
  /** The peer was found dead: it will not answer the close. */
  isPeerDead = false
  /** Bytes of records that were handed to the connection, and that came from it. */
  sentBytes = 0
  receivedBytes = 0
  readonly #transmitter: Transmitter

  constructor(
    role: 'client' | 'server',
    options: ResolvedLimits,
    wiring: { environment: CoreEnvironment; events: CoreEvents },
  ) {
    super(role, options, wiring)
    this.#transmitter = new Transmitter(this)
    this.liveness.requestPing(this.now)
  }

  /** Whether everything of a close was sent, so that the connection's sending side is to be ended. */
  get isEndDue(): boolean {
    return this.end.isSendingDone
  }

  // What the connection does

  /** Whether `receive` may be given lent chunks: the session has carriers, and only their users gain by it. */
  get canBorrow(): boolean {
    return this.receiveWindow.carrierBytes > 0
  }

  /** Bytes arrived. `isLent`: the memory of `chunk` is used again when the call returns. */
  receive(chunk: Uint8Array, now: number, isLent = false): void {
    this.now = now
    if (this.isClosing) return
    this.receivedBytes += chunk.length
    this.abuse.endTurn()
    const wasLending = this.isLending
    this.isLending = isLent
    let error
    try {
      error = this.decoder.push(chunk)
    } finally {
      this.isLending = wasLending
    }
    if (error !== undefined) this.fail(protocolError(error.code, error.message), error.frameType)
    this.liveness.received(now, this.decoder.isInsideRecord)
    this.abuse.endTurn()
    this.streams.checkEnds()
    if (this.isClosing) return
    this.unread.check(now)
    if (this.receiveWindow.isUpdateDue() || this.windowRequests.size > 0) this.wake()
  }

  /** The peer ended its direction of the connection (section "Responding to a Connection Close"). */
  receiveEnd(now: number): void {
    this.now = now
    if (this.isClosing) return
    const error = this.decoder.finish()
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

  /** Whether `letWrite` has something to call. */
  get hasWriters(): boolean {
    return this.work.writers.length > 0
  }

  /** Before `gather`: calls those that asked for it, which may write. They may ask again, for the next flush. */
  letWrite(now: number): void {
    this.now = now
    const { writers } = this.work
    this.work.writers = []
    for (const write of writers) {
      try {
        write()
      } catch (error) {
        this.events.onHandlerError(error)
      }
    }
  }

  /** Gathers up to one flush. `undefined`: nothing to send now. */
  gather(now: number): Uint8Array[] | undefined {
    this.now = now
    this.workTaken()
    if (this.end.state === 'closed') return undefined
    if (this.windowRequests.size > 0) serveWindowRequests(this.windowRequests)
    if (this.sendBufferedBytes > MAX_BEFORE_RENEWAL_BYTES) this.work.renewWindows()
    if (this.#transmitter.gather()) this.wake()
    const { writer } = this.#transmitter
    if (writer.bytes === 0) return undefined
    this.flushSize.gathered(writer.bytes, now)
    this.sentBytes += writer.bytes
    const chunks = writer.finish()
    this.liveness.recordSent(now)
    this.isInFlight = true
    return chunks
  }

  /**
   * What was gathered was given to the connection: streams whose last frame it held have ended, and small windows are
   * renewed. Also to be called when there was work and nothing could be gathered.
   */
  handedOver(): void {
    this.workTaken()
    this.work.notifyWritable()
    this.work.notifyProgress()
    if (!this.isInFlight) {
      this.blocks.release()
      this.work.releaseFlushed()
    }
    this.streams.checkEnds()
    this.work.renewWindows()
  }

  /** The connection no longer refers to anything that was gathered. */
  accepted(now: number): void {
    this.acceptedEarly(now)
    this.work.releaseFlushed()
  }

  /**
   * Like `accepted`, but calls nothing of the application: that is left to the `handedOver` that must follow in this
   * turn.
   */
  acceptedEarly(now: number): void {
    this.now = now
    this.isInFlight = false
    this.flushSize.accepted(now)
    this.#transmitter.writer.reuse()
    this.blocks.release()
    if (this.sendBufferedBytes === 0) this.slab.reuse()
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
    else if (verdict === 'dead') {
      this.isPeerDead = true
      this.fail(deadPeer(this.liveness.patienceMs))
    } else if (verdict === 'stuck-record') this.fail(stuckRecord(this.options.recordTimeoutMs))
    if (this.isClosing) return
    this.unread.check(now)
    this.borrowed.check(now)
    if (this.liveness.isPingDue) this.wake()
  }

  /** See `Liveness.probe`. */
  probe(now: number, timeoutMs: number): void {
    this.now = now
    if (this.isClosing) return
    this.liveness.probe(now, timeoutMs)
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
    if (!this.isClosing) for (const stream of this.streams.all()) stream.handler?.onLeave?.(stream)
    this.end.close(code, reason)
  }

  /**
   * Like `close`, but the flush with the CONNECTION_CLOSE also carries all that the credit allows, `maxBytes` in all,
   * and ends every stream: with FIN where everything written was sent, else with a reset behind what was. Without
   * effect on a session that is closing already.
   */
  leave(code: WireInteger, reason: string, maxBytes: number = Infinity): void {
    if (!this.isClosing) {
      this.end.isLeaving = true
      this.end.farewellBytes = Math.min(this.end.farewellBytes, maxBytes)
    }
    this.close(code, reason)
  }

  /** Ends the session because of `error` without a frame to the peer: the driver breaks the connection. */
  abandon(error: Error): void {
    this.end.begin(error, undefined)
  }
}
