import type { WireInteger } from '@astranet/frame'
import { checkInteger } from '@astranet/interface/check'
import * as credit from '../receive/credit.js'
import * as receiving from '../receive/half.js'
import type { ReceiveQueue } from '../receive/queue.js'
import { stopSending } from '../receive/stop.js'
import { FIRST_STREAM_WINDOW_BYTES } from '../receive/session-window.js'
import { widen } from '../receive/stream-window.js'
import { giveBack, keptAfterClose } from '../send/copies.js'
import * as sending from '../send/half.js'
import type { SendQueue } from '../send/queue.js'
import { reset, resetAt } from '../send/reset.js'
import { destroy } from './destroy.js'
import { extraOf, type StreamExtra } from './extra.js'
import type { StreamEvents } from './handler.js'
import type { StreamHost, StreamRecord } from './host.js'
import { StreamState } from './state.js'
import { checkUrgency } from './urgency.js'

/** What the user of a {@link Stream} is notified of; see {@link StreamEvents}. */
export type StreamHandler = StreamEvents<Stream>

const CARRIER_WINDOW = { min: FIRST_STREAM_WINDOW_BYTES, max: Number.MAX_SAFE_INTEGER }

/**
 * One stream of a session, as RFC 9000 defines it (about 200 bytes of process memory when idle). It is no
 * `node:stream`: bytes arrive by calls of the handler and are sent by `write`. `toDuplex`, `toWebStreams` and
 * `chunksOf` wrap one as a Duplex, as Web Streams or for async iteration.
 */
export class Stream implements StreamRecord {
  /** The stream's id on the wire (RFC 9000 section 2.1). Bit 0: opened by the server; bit 1: unidirectional. */
  readonly id: number
  /** The application's own data for this stream. */
  context: unknown = undefined

  // The fields of StreamRecord, which says what they are. Their order is that of a stream's memory. Counters of bytes
  // get their value in the constructor: see float-zero.ts.
  /** @internal */ readonly host: StreamHost
  /** @internal */ handler: StreamHandler | undefined = undefined
  /** @internal */ state: number
  /** @internal */ urgencyLevel: number
  /** @internal */ sendOffset: number
  /** @internal */ sendLimit: number
  /** @internal */ sendQueue: SendQueue | undefined = undefined
  /** @internal */ receiveOffset: number
  /** @internal */ receiveLimit: number
  /** @internal */ consumed: number
  /** @internal */ receiveQueue: ReceiveQueue | undefined = undefined
  /** @internal */ next: StreamRecord | undefined = undefined
  /** @internal */ olderUnread: StreamRecord | undefined = undefined
  /** @internal */ youngerUnread: StreamRecord | undefined = undefined
  /** @internal */ extra: StreamExtra | undefined = undefined

  /** @internal */
  constructor(host: StreamHost, id: number, limits: { send: number; receive: number; urgency: number }) {
    this.host = host
    this.id = id
    this.sendOffset = 0
    this.sendLimit = limits.send
    this.receiveOffset = 0
    this.receiveLimit = limits.receive
    this.consumed = 0
    this.urgencyLevel = limits.urgency
    this.state = StreamState.PAUSED
  }

  /** Whether this side opened the stream. */
  get isLocal(): boolean {
    return ((this.id & 1) === 1) === this.host.isServer
  }

  /** Whether only the opener can send. */
  get isUnidirectional(): boolean {
    return (this.id & 2) === 2
  }

  /** Whether this side can send on the stream at all: false for a unidirectional stream of the peer. */
  get canSend(): boolean {
    return !this.isUnidirectional || this.isLocal
  }

  /** Whether this side can receive on the stream at all: false for a unidirectional stream of its own. */
  get canReceive(): boolean {
    return !this.isUnidirectional || !this.isLocal
  }

  /** Whether `onClose` was called: both directions have ended. */
  get isClosed(): boolean {
    return (this.state & StreamState.CLOSED) !== 0
  }

  /** Whether `write` would take bytes now: not after `end` or `reset`, nor after the peer or the session ended it. */
  get canWrite(): boolean {
    return sending.canWrite(this)
  }

  /** Bytes written and not yet put into a frame. */
  get bufferedBytes(): number {
    return this.sendQueue?.bytes ?? 0
  }

  /** Bytes handed to the connection. */
  get sentBytes(): number {
    return this.sendOffset
  }

  /**
   * To be read inside `onData` of a carrier: whether the memory of the chunk is used again when that call returns. Then
   * bytes that are kept must be copied.
   */
  get isLent(): boolean {
    return this.host.isLending
  }

  /** Bytes received and not yet consumed. */
  get unreadBytes(): number {
    return this.receiveOffset - this.consumed
  }

  /** Bytes that can be written now and sent without more credit of the peer for this stream. */
  get sendCredit(): number {
    return Math.max(0, this.sendLimit - this.sendOffset - this.bufferedBytes)
  }

  /** Bytes that can be written now and leave with the next flush, as far as the peer's credit decides it. */
  get sendableBytes(): number {
    const { sendWindow, sendBufferedBytes } = this.host
    return Math.max(0, Math.min(this.sendCredit, sendWindow.available(this.urgencyLevel) - sendBufferedBytes))
  }

  /** RFC 9218 section 4.1: 0 (first) to 7 (last), default 3. Takes effect with the stream's next frame. */
  get urgency(): number {
    return this.urgencyLevel
  }
  set urgency(value: number) {
    this.urgencyLevel = checkUrgency(value)
  }

  /**
   * When true, received bytes count against the windows until `consume` returns their credit. Default false; setting
   * it back to false consumes what was delivered.
   */
  get manualCredit(): boolean {
    return (this.state & StreamState.MANUAL_CREDIT) !== 0
  }
  set manualCredit(value: boolean) {
    if (value) this.state |= StreamState.MANUAL_CREDIT
    else this.state &= ~StreamState.MANUAL_CREDIT
    credit.countDelivered(this)
  }

  /**
   * Starts delivery to `handler`, or passes the stream from an earlier handler to this one. What waits is delivered
   * before it returns, unless `isPaused` is set: then only what follows `resume`. If a direction has ended, the new
   * handler is notified at once, like the earlier one before.
   */
  handle(handler: StreamHandler, { isPaused = false }: { readonly isPaused?: boolean } = {}): void {
    receiving.attach(this, handler, isPaused)
  }

  /** Whether bytes are delivered as they arrive: there is a handler, it has not paused, and nothing has ended it. */
  get isReading(): boolean {
    return this.handler !== undefined && (this.state & (StreamState.PAUSED | StreamState.READ_OVER)) === 0
  }

  /** Stops `onData` and `onEnd` until `resume`. Bytes that arrive are kept, up to the windows. */
  pause(): void {
    this.state |= StreamState.PAUSED
  }

  /** Undoes `pause` and delivers what waits. Without effect before `handle`. */
  resume(): void {
    if (this.handler === undefined) return
    this.state &= ~StreamState.PAUSED
    receiving.deliver(this)
  }

  /** Whether `pause` is in effect. A stream without a handler is paused. */
  get isPaused(): boolean {
    return (this.state & StreamState.PAUSED) !== 0
  }

  /** Delivers at most `maxBytes` of what waits. If nothing waits then, it acts as `resume`; else it stays paused. */
  resumeFor(maxBytes: number): void {
    receiving.deliverSome(this, maxBytes)
  }

  /**
   * Only inside `onData`, and not for a chunk that `resumeFor` delivers: the last `bytes` of the chunk were not taken.
   * They are copied, and delivered again after `resume`. Until then the stream is paused.
   */
  putBack(bytes: Uint8Array): void {
    if (bytes.length > 0) receiving.putBack(this, bytes)
  }

  /**
   * With `manualCredit`: `bytes` that were delivered are processed, so the peer may send as many again. Throws a
   * RangeError when `bytes` is more than was delivered.
   */
  consume(bytes: number): void {
    credit.consumeByApplication(this, bytes)
  }

  /**
   * Lets the peer send until at least `bytes` are unread, for a message that must arrive whole before any of it is
   * taken. At most half of `maxReceiveBufferBytes`, otherwise throws a RangeError. When other streams hold the credit
   * now, the window grows as they use it up.
   */
  requireAtLeast(bytes: number): void {
    credit.requireAtLeast(this, bytes)
  }

  /**
   * Lets the peer send until 256 KiB are unread, as with a kernel's receive buffer, while half of the session's
   * growth pool is free. For an application that may write before it reads: with the first window, two such ends
   * would wait for each other. Cheap to call again.
   */
  widen(): void {
    widen(this)
  }

  /**
   * Makes the stream a carrier: it carries a connection of its own, such as a tunnel, whose user bounds what it holds.
   * It is never evicted for being unread: its peer waits. The session may hold 16,384 unread bytes more for it. What is
   * passed to `writeReferenced` is not copied while it waits. Its handler gets `onProgress`, and may be lent the chunks
   * of `onData` (`isLent`). Its receive window grows to at most `maxWindowBytes`, from 16,384. Throws a RangeError for
   * a smaller number. May be called again with another one.
   */
  carry(maxWindowBytes: number): void {
    checkInteger('maxWindowBytes', maxWindowBytes, CARRIER_WINDOW)
    if ((this.state & (StreamState.CARRIER | StreamState.REMOVED)) === 0) {
      this.state |= StreamState.CARRIER
      this.host.receiveWindow.addCarrier()
    }
    extraOf(this).maxWindowBytes = maxWindowBytes
  }

  /**
   * Takes `bytes`, which must not be changed any more. Returns false when the caller should wait for `onWritable`
   * before the next write (these bytes are taken all the same), and when nothing more can be sent because the peer
   * stopped reading or the stream has ended. Throws a StreamError `ERR_STREAM_WRITE_AFTER_END` after `end`.
   */
  write(bytes: Uint8Array): boolean {
    return sending.write(this, bytes, sending.WriteMode.GIVEN)
  }

  /**
   * Like `write`, but the caller gets its bytes back: `onFlushed` is called when all bytes written were handed to the
   * connection. Small writes are copied at once; when nothing is referred to, no `onFlushed` follows (`isFlushOwed`).
   */
  writeReferenced(bytes: Uint8Array): boolean {
    return sending.write(this, bytes, sending.WriteMode.REFERENCED)
  }

  /**
   * Like `write`, but all bytes are copied at once, into memory that the session uses again: for bytes that the caller
   * has only during the current call (`isLent`). Write no more than the peer's credit (`sendCredit`), because this
   * memory is taken in blocks of 64 KiB.
   */
  writeCopied(bytes: Uint8Array): boolean {
    return sending.write(this, bytes, sending.WriteMode.COPIED)
  }

  /**
   * Calls `callback` once, right before the session gathers its next flush: what it writes leaves with that flush. That
   * is in this turn of the event loop or the next one; while the connection is full it may be as late as its drain. For
   * the user of a carrier that runs a session of its own over it.
   */
  beforeFlush(callback: () => void): void {
    this.host.beforeFlush(callback)
  }

  /**
   * @internal Copies what waits in the caller's buffers. Returns whether the caller has them back; otherwise the
   * connection still refers to some, and `onFlushed` follows.
   */
  giveBack(): boolean {
    return giveBack(this)
  }

  /** @internal How many of the waiting bytes `close` would keep. */
  get keptAfterClose(): number {
    return keptAfterClose(this)
  }

  /** @internal Whether the peer's end, or its reset, has arrived. */
  get hasPeerEnded(): boolean {
    return (this.state & (StreamState.FIN_RECEIVED | StreamState.RESET_RECEIVED)) !== 0
  }

  /** @internal Whether bytes are delivered before the peer's reset (RESET_STREAM_AT). */
  get hasReliableBytes(): boolean {
    return (this.state & StreamState.RESET_AT_RECEIVED) !== 0 && (this.extra?.reliableReceiveSize ?? 0) > 0
  }

  /** @internal Whether a write of `bytes`, at least 1, would return true. */
  hasRoomFor(bytes: number): boolean {
    return sending.hasRoomFor(this, bytes)
  }

  /** @internal Whether all streams together hold `maxSendBufferBytes`: a write returns false. */
  get isSessionFull(): boolean {
    return sending.isSessionFull(this)
  }

  /** Whether an `onFlushed` follows. */
  get isFlushOwed(): boolean {
    return (this.state & StreamState.FLUSH_OWED) !== 0
  }

  /** Ends the sending direction after what was written (FIN). Idempotent. The peer may continue to send. */
  end(): void {
    sending.end(this)
  }

  /**
   * Breaks off the sending direction with RESET_STREAM (RFC 9000 section 19.4): unsent bytes are dropped. `code` is the
   * application's, from 0 to 2^62 - 1. Idempotent; without effect once the end was sent.
   */
  reset(code: WireInteger = 0): void {
    reset(this, code)
  }

  /**
   * Breaks off the sending direction with RESET_STREAM_AT: the first `reliableSize` of the bytes written (0 to all of
   * them) are still delivered, then the peer sees the reset. May be called again with a smaller size. Throws a
   * StreamError `ASTRA_ERR_NOT_NEGOTIATED` when the peer does not support it.
   */
  resetAt(reliableSize: number, code: WireInteger = 0): void {
    resetAt(this, reliableSize, code)
  }

  /**
   * Gives up the receiving direction with STOP_SENDING (RFC 9000 section 19.5): unread and later bytes are dropped, no
   * `onData`, `onEnd` or `onReset` follows. Idempotent.
   */
  stopSending(code: WireInteger = 0): void {
    stopSending(this, code)
  }

  /**
   * Closes the stream as a kernel closes a socket: what was written is still delivered, then the direction ends
   * (FIN), and nothing more is read (`stopSending`). Up to twice `sendHighWaterMarkBytes` are kept for that, and
   * everything after `end`. When more waits, the peer receives what is kept and then a reset (RESET_STREAM_AT),
   * because an end means that everything was delivered. Closed streams that wait for credit hold at most
   * `maxSendBufferBytes` of a session; beyond that the oldest are reset. Buffers of `writeReferenced` are copied, and
   * come back with `onFlushed`. Idempotent; without effect after `reset`.
   */
  close(code: WireInteger = 0): void {
    sending.close(this, code)
    if (this.canReceive) stopSending(this, code)
  }

  /**
   * Gives up both directions: `stopSending`, and `reset` unless `end` was called and everything was sent. For a
   * stream that was not announced to the peer, nothing is sent at all. Idempotent.
   */
  destroy(code: WireInteger = 0): void {
    destroy(this, code)
  }
}
