import { systemClock, type ByteDuplex, type Clock } from '@astranet/interface'
import { Session, type Stream } from '@astranet/mux'
import { opaqueToWire, type ControlMessage } from '../proto/control-message.js'
import { CloseCode, linkError, StreamCode, type LinkError } from '../proto/error-codes.js'
import { goAwayToWire } from '../proto/go-away.js'
import type { Hello } from '../proto/hello.js'
import type { LinkFacts, RankedLink } from '../proto/preferred-link.js'
import type { SessionRole } from '../proto/settle-role.js'
import { DialError, RefusalReason } from '../proto/stream-answer.js'
import type { StreamHeader, UnknownHeader } from '../proto/stream-header.js'
import { closeReason } from './close-reason.js'
import { controlEndedEarly, type ControlStream } from './control-stream.js'
import { Dialer } from './dialer.js'
import { Handshake, type Established } from './handshake.js'
import { acceptStream, IncomingStreams, refuseStream } from './incoming-streams.js'
import { DEFAULT_HELLO_TIMEOUT_MS, type LinkHandler, type LinkOptions } from './link-options.js'
import type { DialHandler, OutgoingDial } from './outgoing-dial.js'
import { ownHello } from './own-hello.js'

const MAX_TIMEOUT_MS = 0x7fffffff

/**
 * Where a {@link Link} is in its life. Legal moves: `new` -> `handshake` -> `open` -> `closing` -> `closed`; `handshake`
 * -> `closing` when a HELLO is refused or late; any -> `closed` when the pipe breaks or the link is destroyed. A link
 * that drains is `open` until its last stream ends.
 */
export type LinkState = 'new' | 'handshake' | 'open' | 'closing' | 'closed'

/**
 * An adjacency of two nodes: a QMux session over one pipe with the node protocol `astranet/1` spoken on it.
 *
 * It exchanges preambles and HELLOs within `helloTimeoutMs`, then dials and accepts streams, carries control messages
 * and ends in good order. What the peer does wrong closes the link with a code and a sentence (`onClose`); it never
 * throws. Until both HELLOs are accepted the peer gets one stream and 64 KiB of credit.
 *
 * Besides its session it holds about 2 KiB, one timer during the handshake, and for each dial under way one small
 * object; for streams that were handed over, nothing.
 */
export class Link implements RankedLink {
  readonly #duplex: ByteDuplex
  readonly #options: LinkOptions
  readonly #handler: LinkHandler
  readonly #clock: Clock
  readonly #ownHello: Hello
  readonly #handshake: Handshake
  readonly #dialer: Dialer
  readonly #incoming: IncomingStreams
  #state: LinkState = 'new'
  #role: SessionRole = 'server'
  #session: Session | undefined = undefined
  #control: ControlStream | undefined = undefined
  #peer: Hello | undefined = undefined
  /** The id of the stream that the peer opens next. */
  #nextPeerStreamId = 0
  /** What this side's go-away said. */
  #ownGoAwayId: number | undefined = undefined
  #isPeerGoingAway = false
  /** Why this side closes. */
  #error: Error | undefined = undefined

  /** Throws a `TypeError` or `RangeError` that names the option that is wrong. Nothing happens until `start`. */
  constructor(duplex: ByteDuplex, options: LinkOptions) {
    this.#duplex = duplex
    this.#options = options
    this.#handler = options.handler
    this.#clock = options.clock ?? systemClock
    this.#ownHello = ownHello(options, duplex.remoteAddress)
    this.#dialer = new Dialer(this.#clock)
    this.#incoming = new IncomingStreams((header, stream, rest) => this.#onHeader(header, stream, rest))
    this.#handshake = this.#makeHandshake()
  }

  get state(): LinkState {
    return this.#state
  }

  /** Whether both HELLOs are accepted and neither side has closed. */
  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** Whether a dial can still succeed: open, and neither side has sent a go-away. */
  get isDialable(): boolean {
    return this.#state === 'open' && this.#ownGoAwayId === undefined && !this.#isPeerGoingAway
  }

  /** The peer's HELLO, once the link is open. A claim, unless something authenticated the peer. */
  get peer(): Hello | undefined {
    return this.#peer
  }

  /** The session below, for its figures; `undefined` before the preambles are exchanged. */
  get session(): Session | undefined {
    return this.#session
  }

  /** What decides whether this link is preferred over another. Meaningful once it is open. */
  get facts(): LinkFacts {
    const isDialedHere = this.#role === 'client'
    return {
      incarnation: this.#peer?.incarnation ?? 0,
      isDialedHere,
      sequence: isDialedHere ? this.#ownHello.sequence : (this.#peer?.sequence ?? 0),
      credential: this.#options.credential,
    }
  }

  /** Sends the preamble and takes the pipe. Handler calls may come from inside this one. Throws a `TypeError` if repeated. */
  start(): void {
    if (this.#state !== 'new') throw new TypeError('the link was already started')
    this.#state = 'handshake'
    this.#handshake.start()
  }

  /**
   * Opens a stream, sends `header`, and reports the answer to `handler`. `dial.stream` is there at once when the peer
   * allows another stream, else as soon as it does; bytes can be written to it before the answer. May be called before
   * the link is open: it waits. It has no deadline of its own: `dial.cancel()`.
   *
   * Throws a `TypeError` or `RangeError` that names the wrong field of `header`; everything else is a `DialError`.
   */
  dial(header: StreamHeader, handler: DialHandler, context?: unknown): OutgoingDial {
    return this.#dialer.dial(header, handler, context)
  }

  /** Answers a stream that `onStream` gave: the application's bytes follow. */
  accept(stream: Stream): void {
    acceptStream(stream)
  }

  /** Answers a stream that `onStream` gave: why not. `text` is for a person; at most 200 UTF-16 units are sent. */
  refuse(stream: Stream, reason: RefusalReason, text = ''): void {
    refuseStream(stream, { reason, text, code: StreamCode.REFUSED })
  }

  /**
   * Sends a control message: `type` from 0x10 to 0xffff, `body` anything msgpack can hold. False: wait for `onWritable`
   * before sending more (the message is taken all the same), or the link is not open and it is dropped.
   *
   * Throws a `RangeError` for another type or more than 262,144 bytes.
   */
  send(type: number, body: unknown): boolean {
    const wire = opaqueToWire(type, body)
    return this.isOpen && this.#control !== undefined && this.#control.send(wire)
  }

  /** The round trip in ms. Rejects with `ASTRA_ERR_LINK_CLOSED` when the link is not open, and when it ends meanwhile. */
  ping(): Promise<number> {
    if (this.isOpen && this.#session !== undefined) return this.#session.ping()
    return Promise.reject(linkError(CloseCode.NO_ERROR, 'the link is not open'))
  }

  /** Takes no new streams from the peer and tells it so; dials of this side fail from now on. Idempotent. */
  goAway(): void {
    if (!this.isOpen || this.#ownGoAwayId !== undefined) return
    this.#ownGoAwayId = this.#nextPeerStreamId
    this.#control?.send(goAwayToWire({ lastStreamId: this.#ownGoAwayId }))
    this.#dialer.stop(new DialError('ECONNREFUSED', 'this node is going away', { isRetryable: true }))
  }

  /**
   * Goes away, lets the open streams end, then closes. Resolves when the session has ended, whatever the reason. A link
   * that is not open yet closes at once.
   */
  drain(): Promise<void> {
    const session = this.#session
    if (!this.isOpen || session === undefined) {
      this.close()
      return Promise.resolve()
    }
    this.goAway()
    this.#control?.end()
    return session.drain()
  }

  /**
   * Closes for the peer to see: open streams fail on both sides with `ECONNRESET`. `onClose` gets no error for
   * `NO_ERROR`, otherwise the {@link LinkError} of `code`. Idempotent: the first code counts.
   */
  close(code: CloseCode = CloseCode.NO_ERROR, reason = ''): void {
    if (this.#isOver) return
    if (code !== CloseCode.NO_ERROR) this.#error ??= linkError(code, `this node closed the link: ${reason}`)
    this.#closeSession(code, reason)
  }

  /** Cuts the pipe without a word to the peer; `onClose` gets `error`. Idempotent. */
  destroy(error?: Error): void {
    if (this.#state === 'closed') return
    this.#error ??= error
    if (this.#session !== undefined) this.#session.destroy(error)
    else this.#closeSession(CloseCode.NO_ERROR, '')
  }

  get #isOver(): boolean {
    return this.#state === 'closing' || this.#state === 'closed'
  }

  #makeHandshake(): Handshake {
    const { role, randomBytes, helloTimeoutMs } = this.#options
    const timeoutMs = checkTimeout(helloTimeoutMs ?? DEFAULT_HELLO_TIMEOUT_MS)
    const options = { role, hello: this.#ownHello, clock: this.#clock, timeoutMs, randomBytes }
    return new Handshake(this.#duplex, options, {
      startSession: (sessionRole, initialBytes) => this.#startSession(sessionRole, initialBytes),
      admit: (hello) => this.#handler.admit?.(this, hello),
      onEstablished: (established) => this.#onEstablished(established),
      onPreambleFailed: (error) => this.#finish(error),
      onControl: (message) => this.#onControl(message),
      onControlEnd: () => this.#onControlEnd(),
      onControlWritable: () => this.#handler.onWritable?.(this),
      onViolation: (error) => this.#fail(error),
    })
  }

  #startSession(role: SessionRole, initialBytes: Uint8Array): Session {
    this.#role = role
    // The client's first stream is the control stream.
    this.#nextPeerStreamId = role === 'server' ? 4 : 1
    this.#session = new Session(this.#duplex, {
      ...this.#options.sessionOptions,
      maxConcurrentUniStreams: 0,
      evictionCode: StreamCode.EVICTED,
      role,
      isTrusted: false,
      clock: this.#clock,
      initialBytes,
      handler: {
        onStream: (stream) => this.#onStream(stream),
        onStreamsAvailable: () => this.#onStreamsAvailable(),
        onOver: (error) => this.#onOver(error),
        onClose: () => this.#finish(this.#error),
      },
    })
    return this.#session
  }

  #onStream(stream: Stream): void {
    if (this.#state === 'handshake') this.#handshake.onStream(stream)
    else if (this.#state !== 'open') stream.destroy(StreamCode.CANCELLED)
    else if (this.#ownGoAwayId !== undefined && stream.id >= this.#ownGoAwayId)
      stream.destroy(StreamCode.GOING_AWAY)
    else {
      this.#nextPeerStreamId = Math.max(this.#nextPeerStreamId, stream.id + 4)
      stream.handle(this.#incoming)
    }
  }

  #onStreamsAvailable(): void {
    if (this.#state === 'handshake') this.#handshake.onStreamsAvailable()
    else this.#openDialer()
  }

  #openDialer(): void {
    if (this.isDialable && this.#session !== undefined) this.#dialer.open(this.#session)
  }

  #onEstablished({ control, peer }: Established): void {
    // `admit` may have closed the link.
    if (this.#state !== 'handshake' || this.#session === undefined) return
    this.#state = 'open'
    this.#control = control
    this.#peer = peer
    this.#session.raiseLimits()
    this.#handler.onOpen(this)
    // The server opens nothing before the client, having accepted its HELLO, raises the limits: frames of other streams
    // could overtake the HELLO.
    if (this.#role === 'client') this.#openDialer()
  }

  #onHeader(header: StreamHeader | UnknownHeader, stream: Stream, rest: Uint8Array | undefined): void {
    if (header.kind === 'unknown') {
      this.refuse(stream, RefusalReason.NOT_SUPPORTED, `streams of kind ${header.number} are not known here`)
    } else if (header.kind === 'dial' && (header.sourceNode ?? this.#peer?.nodeId) !== this.#peer?.nodeId) {
      this.refuse(
        stream,
        RefusalReason.FORBIDDEN,
        'a dial must come from the node at the other end of the link',
      )
    } else {
      this.#handler.onStream(this, header, stream, rest)
    }
  }

  #onControl(message: ControlMessage): void {
    if (this.#isOver || message.kind === 'unknown') return
    if (message.kind === 'opaque') {
      this.#handler.onMessage?.(this, message.type, message.body)
      return
    }
    const error = this.#dialer.receiveGoAway(message.goAway, this.#role === 'client' ? 0 : 1)
    if (error !== undefined) {
      this.#fail(error)
      return
    }
    this.#isPeerGoingAway = true
    this.#handler.onGoAway?.(this, message.goAway.lastStreamId)
  }

  #onControlEnd(): void {
    if (this.#isPeerGoingAway || this.#ownGoAwayId !== undefined) this.#control?.end()
    else this.#fail(controlEndedEarly())
  }

  /** The peer broke a rule, or is not welcome. */
  #fail(error: LinkError): void {
    if (this.#isOver) return
    this.#error = error
    this.#closeSession(error.closeCode, error.message)
  }

  #closeSession(code: CloseCode, reason: string): void {
    const wasNew = this.#state === 'new'
    this.#state = 'closing'
    this.#handshake.stop()
    if (this.#session !== undefined) {
      this.#session.close(code, reason)
      return
    }
    const error = this.#error ?? linkError(code, 'the link was closed before it was open')
    if (wasNew) this.#duplex.abort(error)
    else this.#handshake.abort(error)
    this.#clock.defer(() => this.#finish(this.#error))
  }

  /** The session is over: its streams are told first, then the link ends. */
  #onOver(error: Error | undefined): void {
    this.#error ??= closeReason(error)
    this.#state = 'closing'
    this.#handshake.stop()
    this.#stopDialing()
  }

  #stopDialing(): void {
    const why = this.#error === undefined ? 'the link was closed' : `the link ended: ${this.#error.message}`
    this.#dialer.stop(new DialError('ECONNRESET', why, { cause: this.#error }))
  }

  #finish(error: Error | undefined): void {
    if (this.#state === 'closed') return
    const isLingering = this.#session === undefined && this.#state === 'handshake'
    this.#state = 'closed'
    // A pipe that is being closed in good order after a failed preamble keeps its deadline.
    if (!isLingering) this.#handshake.stop()
    this.#error ??= error
    this.#stopDialing()
    this.#handler.onClose(this, error)
  }
}

function checkTimeout(timeoutMs: number): number {
  if (Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_MS) return timeoutMs
  throw new RangeError(`helloTimeoutMs must be an integer from 1 to ${MAX_TIMEOUT_MS}, got ${timeoutMs}`)
}
