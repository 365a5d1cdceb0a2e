import type { WireInteger } from '@astranet/frame'
import type { ByteDuplex } from '@astranet/interface'
import { checkInteger, checkOptions, checkString, invalidType, outOfRange } from '@astranet/interface/check'
import { sessionOver } from '../../proto/session/end-reasons.js'
import { SessionError, StreamError } from '../../proto/session/errors.js'
import type { Stream } from '../../proto/stream/stream.js'
import { checkUrgency, DEFAULT_URGENCY } from '../../proto/stream/urgency.js'
import { PROBE_TIMEOUT_MS } from './deadline-timer.js'
import { Driver } from './driver.js'
import { toByteDuplex, type Pipe } from './pipe.js'
import { RecordMessages } from './record-messages.js'
import { SessionEvents } from './session-events.js'
import {
  OPEN_STREAM_NAMES,
  resolveOptions,
  type OpenStreamOptions,
  type SessionOptions,
} from './session-options.js'

/**
 * Very many streams over one connection: QMux version 1 (draft-ietf-quic-qmux-02), which is QUIC's streams (RFC 9000)
 * on an ordered byte stream.
 *
 * Order of events: `onStream` any number of times; `onClosing` once; then the events of the streams that were open;
 * `onClose` last. Only streams whose end had arrived may still deliver after it, as fast as the application reads
 * them. A session that is not closed by either side ends when its connection does, or when the peer is dead.
 */
export class Session implements AsyncDisposable {
  /**
   * Resolves, never rejects, when everything has ended: with `undefined` after a close without fault, else with why.
   */
  readonly closed: Promise<Error | undefined>
  readonly #driver: Driver
  readonly #events: SessionEvents

  /**
   * Starts a session on `pipe`: a `ByteDuplex`, a Node `Duplex` (a socket, for example) or a pair of Web Streams. The
   * pipe belongs to the session from now on. Throws a TypeError or RangeError that names the option that is wrong.
   */
  constructor(pipe: Pipe, options: SessionOptions) {
    const { role, clock, random, handler, binding, initialBytes, limits } = resolveOptions(options)
    const bytes = toByteDuplex(pipe)
    const duplex: ByteDuplex = binding === 'bytes' ? bytes : new RecordMessages(bytes)
    this.#events = new SessionEvents(handler)
    this.closed = this.#events.closed
    this.#driver = new Driver(duplex, role, { limits, clock, random, initialBytes, events: this.#events })
    this.#events.connect(this.#driver.core)
    this.#driver.start()
  }

  /** Whether the session is closing or closed: nothing can be opened or sent. */
  get isClosing(): boolean {
    return this.#driver.core.isClosing
  }

  /** Whether all streams have ended and the connection is gone. */
  get isClosed(): boolean {
    return this.#events.isClosed
  }

  /** Streams that are open. */
  get openStreams(): number {
    return this.#driver.core.streams.size
  }

  /**
   * Bytes that the session has handed to its pipe. They are those of its records: what encryption and the transport add
   * does not count.
   */
  get sentBytes(): number {
    return this.#driver.core.sentBytes
  }

  /** Bytes that the session has received from its pipe, counted as {@link sentBytes}. */
  get receivedBytes(): number {
    return this.#driver.core.receivedBytes
  }

  /** Bytes written to streams, closed ones included, that wait for the peer's credit or for the pipe. */
  get unsentBytes(): number {
    return this.#driver.core.sendBufferedBytes
  }

  /** The last round trip a ping measured, in ms; `undefined` before the first. */
  get rttMs(): number | undefined {
    return this.#driver.core.liveness.lastRttMs
  }

  /** The shortest round trip a ping measured, in ms; `undefined` before the first. */
  get minRttMs(): number | undefined {
    return this.#driver.core.liveness.minRttMs
  }

  /**
   * Opens a stream as soon as the peer's credit allows. Rejects when the session is closing
   * (`ASTRA_ERR_SESSION_OVER`) and when `signal` aborts. The stream is announced to the peer with the next flush.
   */
  async openStream(options: OpenStreamOptions = {}): Promise<Stream> {
    const { isUnidirectional = false, signal } = checkOptions('options', options, OPEN_STREAM_NAMES)
    signal?.throwIfAborted()
    const urgency = checkUrgency(options.urgency ?? DEFAULT_URGENCY)
    const callers = this.#events.opening(isUnidirectional)
    if (callers.size === 0) {
      const stream = this.tryOpenStream(options)
      if (stream !== undefined) return stream
    }
    if (this.isClosing) throw sessionOver(this.#driver.core.closeReason)
    return await callers.wait({ isUnidirectional, urgency }, signal)
  }

  /** Whether the peer's credit allows another bidirectional stream now. */
  get canOpenStream(): boolean {
    return !this.isClosing && this.#driver.core.limits.localBidi.canTake
  }

  /** Opens a stream now, or returns `undefined` when the peer's credit is used up or the session is closing. */
  tryOpenStream(options: OpenStreamOptions = {}): Stream | undefined {
    checkOptions('options', options, OPEN_STREAM_NAMES)
    const urgency = checkUrgency(options.urgency ?? DEFAULT_URGENCY)
    if (this.isClosing) return undefined
    return this.#driver.core.open(options.isUnidirectional ?? false, urgency)
  }

  /**
   * The next stream the peer opens. Rejects when the session is closing and when `signal` aborts; streams whose end had
   * arrived by then can still be accepted. Only for a session whose handler has no `onStream`.
   */
  async accept(options: { signal?: AbortSignal } = {}): Promise<Stream> {
    const { signal } = checkOptions('options', options, { signal: true })
    const stream = await this.#events.accepting.take(signal)
    this.#driver.core.acceptedStream(stream)
    return stream
  }

  /** The streams the peer opens, until the session is closing; throws when it closed because of a fault. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Stream, void, void> {
    try {
      for (;;) yield await this.accept()
    } catch (error) {
      if (!(error instanceof SessionError) || error.cause !== undefined) throw error
    }
  }

  /** Sends a ping; resolves with the round trip in ms. Rejects when the session is closing. */
  async ping(): Promise<number> {
    if (this.isClosing) throw sessionOver(this.#driver.core.closeReason)
    const { core } = this.#driver
    const answer = this.#events.pings.add(core.liveness, this.#driver.now())
    core.wake()
    return await answer
  }

  /**
   * Pings the peer at once, also when a ping is in flight: call it when the network may have changed or the machine has
   * slept. A peer that has not answered within `timeoutMs` (1 to 2^31 - 1, default 2,000), with nothing arriving, is
   * dead: `ASTRA_ERR_PEER_DEAD`. It has two round trips if that is longer, as on a slow link that is full, and never
   * longer than `deadPeerTimeoutMs`. Without effect while an earlier probe is running, and when the session is closing.
   * The session calls it itself when its timer fires 5 s late or more.
   */
  probe(timeoutMs: number = PROBE_TIMEOUT_MS): void {
    checkInteger('timeoutMs', timeoutMs, { min: 1, max: 0x7fffffff })
    this.#driver.core.probe(this.#driver.now(), timeoutMs)
  }

  /**
   * The largest datagram the peer takes, in bytes; `undefined` when it takes none, and before its transport parameters
   * have arrived.
   */
  get maxDatagramBytes(): number | undefined {
    const { maxDatagramBytes } = this.#driver.core
    return maxDatagramBytes < 0 ? undefined : maxDatagramBytes
  }

  /**
   * Sends a datagram (RFC 9221). Once sent it arrives in order and without loss; it is dropped, with `false`, when
   * more than 1 MiB wait, or the session is closing. Throws a StreamError `ASTRA_ERR_NOT_NEGOTIATED` when the peer
   * takes none, and a RangeError when `payload` is larger than `maxDatagramBytes`.
   */
  sendDatagram(payload: Uint8Array): boolean {
    if (!(payload instanceof Uint8Array)) throw invalidType('payload', 'an instance of Uint8Array', payload)
    const { core } = this.#driver
    if (core.isClosing) return false
    const { maxDatagramBytes } = this
    if (maxDatagramBytes === undefined) {
      throw new StreamError('ASTRA_ERR_NOT_NEGOTIATED', 'the peer does not take datagrams')
    }
    if (payload.length > maxDatagramBytes) {
      throw outOfRange('payload', `at most ${maxDatagramBytes} bytes`, payload.length)
    }
    return core.sendDatagram(payload)
  }

  /**
   * Accepts no more streams, waits until none is open, then closes the session. The application has to notify the peer:
   * QMux has no frame for it. Resolves when no stream is open, also because the session ended meanwhile.
   */
  async drain(): Promise<void> {
    if (this.isClosing) return
    this.#driver.core.drain()
    while (this.openStreams > 0 && !this.isClosing) await this.#events.idle()
    this.close()
  }

  /**
   * Ends the session at once: open streams fail on both sides, the peer receives `code` (the application's, 0 to 2^62
   * - 1) and `reason` (at most 1,024 bytes of UTF-8 are sent), and the connection ends. What was written before goes out
   * in front, as far as the peer's credit goes; a stream that had ended ends cleanly there if all of it fits. While the
   * connection is full, this side notifies such streams last. Idempotent.
   */
  close(code: WireInteger = 0, reason = ''): void {
    checkString('reason', reason)
    this.#driver.core.close(code, reason)
  }

  /**
   * `close` for a program that ends: everything is written within this call, because there may be no other turn of
   * the event loop. What was written before is sent as far as the peer's credit and the system's buffer allow (at
   * most 16 MiB are gathered). Then every stream ends: with FIN when nothing of it is left, otherwise with a reset
   * behind the bytes that were sent. Then the session closes. So a stream of the peer ends cleanly only when every
   * byte arrives. On this side streams fail as after `close`. When the system's buffer was full before the call,
   * nothing more is sent. Idempotent; in a session that was closed in this turn it sends the close.
   *
   * With a million idle streams it takes half a second and 13 MB, more than a kernel's buffer: the peer does not
   * receive the rest.
   */
  closeNow(code: WireInteger = 0, reason = ''): void {
    checkString('reason', reason)
    this.#driver.closeNow(code, reason)
  }

  /**
   * After `closeNow` in a process that ends: blocks the process until the peer has closed too, for `ms` at most.
   * Without it the system may drop the last bytes that it holds as soon as anything more arrives from the peer; so it
   * is needed when those may be more than 64 KiB. Does nothing when the pipe is no socket of the system, and on
   * Windows.
   */
  linger(ms: number): void {
    this.#driver.linger(ms)
  }

  /** Ends the session because of `error` and breaks the connection, without a frame to the peer. Idempotent. */
  destroy(error: Error = new SessionError('ASTRA_ERR_SESSION_OVER', 'the session was destroyed')): void {
    this.#driver.abort(error)
  }

  /** Closes the session and waits for `closed`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    await this.closed
  }
}
