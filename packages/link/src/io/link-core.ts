import { systemClock, type ByteDuplex, type Clock } from '@astranet/interface'
import { Session, type Stream } from '@astranet/mux'
import type { ControlMessage } from '../proto/control-message.js'
import { CloseCode, linkError, StreamCode, type LinkError } from '../proto/error-codes.js'
import { goAwayToWire } from '../proto/go-away.js'
import type { Hello } from '../proto/hello.js'
import type { SessionRole } from '../proto/settle-role.js'
import { DialError, RefusalReason } from '../proto/stream-answer.js'
import type { RegistryHeader, StreamHeader, UnknownHeader } from '../proto/stream-header.js'
import { checkHelloTimeout, checkSessionOptions } from './check-options.js'
import { closeReason } from './close-reason.js'
import { controlEndedEarly, type ControlStream } from './control-stream.js'
import { Dialer } from './dialer.js'
import { Handshake, type Established } from './handshake.js'
import { IncomingStreams, refuseStream } from './incoming-streams.js'
import { DEFAULT_HELLO_TIMEOUT_MS, type LinkHandler, type LinkOptions } from './link-options.js'
import type { Link, LinkState } from './link.js'
import { ownHello } from './own-hello.js'
import { RegistryStreams } from './registry-streams.js'

/** The life of a {@link Link}: its state, and what becomes of it when something happens. `Link` is its public face. */
export class LinkCore {
  readonly dialer: Dialer
  readonly registry: RegistryStreams
  readonly ownHello: Hello
  state: LinkState = 'new'
  role: SessionRole = 'server'
  session: Session | undefined = undefined
  control: ControlStream | undefined = undefined
  peer: Hello | undefined = undefined
  readonly #link: Link
  readonly #duplex: ByteDuplex
  readonly #options: LinkOptions
  readonly #handler: LinkHandler
  readonly #clock: Clock
  readonly #handshake: Handshake
  readonly #incoming: IncomingStreams
  /** The id of the stream that the peer opens next. */
  #nextPeerStreamId = 0
  /** What this side's go-away said. */
  #ownGoAwayId: number | undefined = undefined
  #isPeerGoingAway = false
  /** Why the link ends. */
  #error: Error | undefined = undefined

  constructor(link: Link, duplex: ByteDuplex, options: LinkOptions) {
    this.#link = link
    this.#duplex = duplex
    this.#options = options
    this.#handler = options.handler
    this.#clock = options.clock ?? systemClock
    checkProof(options, duplex)
    checkSessionOptions(options.sessionOptions)
    this.ownHello = ownHello(options, duplex.remoteAddress)
    this.dialer = new Dialer(this.#clock)
    this.registry = this.#makeRegistry()
    this.#incoming = new IncomingStreams(this.#clock, (header, stream, rest) =>
      this.#onHeader(header, stream, rest),
    )
    this.#handshake = this.#makeHandshake()
  }

  get isDialable(): boolean {
    return this.state === 'open' && this.#ownGoAwayId === undefined && !this.#isPeerGoingAway
  }

  get #isOver(): boolean {
    return this.state === 'closing' || this.state === 'closed'
  }

  start(): void {
    if (this.state !== 'new') throw new TypeError('the link was already started')
    this.state = 'handshake'
    this.#handshake.start()
  }

  goAway(): void {
    if (this.state !== 'open' || this.#ownGoAwayId !== undefined) return
    this.#ownGoAwayId = this.#nextPeerStreamId
    this.control?.send(goAwayToWire({ lastStreamId: this.#ownGoAwayId }))
    this.registry.end()
    this.dialer.stop(new DialError('ECONNREFUSED', 'this node is going away', { isRetryable: true }))
  }

  close(code: CloseCode, reason: string): void {
    // A pipe whose preambles did not fit is not waited for any more.
    if (this.state === 'closing' && this.session === undefined) this.#closeSession(code, reason)
    if (this.#isOver) return
    if (code !== CloseCode.NO_ERROR) this.#error ??= linkError(code, `this node closed the link: ${reason}`)
    this.#closeSession(code, reason)
  }

  closeNow(): void {
    if (this.session === undefined || this.state === 'handshake') {
      this.close(CloseCode.NO_ERROR, '')
      return
    }
    // The control stream ends with the others, and that only a node may do that goes away.
    this.goAway()
    this.control?.end()
    this.session.closeNow(CloseCode.NO_ERROR)
  }

  destroy(error: Error | undefined): void {
    if (this.state === 'closed') return
    this.#error ??= error
    if (this.session !== undefined) this.session.destroy(error)
    else this.#closeSession(CloseCode.NO_ERROR, '')
  }

  #makeRegistry(): RegistryStreams {
    return new RegistryStreams({
      onRegistryMessage: (body) => {
        if (!this.#isOver) this.#handler.onRegistry?.(this.#link, body)
      },
      onRegistryWritable: () => this.#handler.onRegistryWritable?.(this.#link),
      onViolation: (error) => this.#fail(error),
    })
  }

  #makeHandshake(): Handshake {
    const { role, randomBytes, helloTimeoutMs, proof } = this.#options
    const timeoutMs = checkHelloTimeout(helloTimeoutMs ?? DEFAULT_HELLO_TIMEOUT_MS)
    const options = { role, hello: this.ownHello, clock: this.#clock, timeoutMs, randomBytes, proof }
    return new Handshake(this.#duplex, options, {
      startSession: (sessionRole, initialBytes) => this.#tryStartSession(sessionRole, initialBytes),
      admit: (hello) => this.#handler.admit?.(this.#link, hello),
      onEstablished: (established) => this.#onEstablished(established),
      onPreambleFailed: (error) => this.#onOver(error),
      onPipeClosed: () => this.#finish(this.#error),
      onControl: (message) => this.#onControl(message),
      onControlEnd: () => this.#onControlEnd(),
      onControlWritable: () => this.#handler.onWritable?.(this.#link),
      onViolation: (error) => this.#fail(error),
    })
  }

  /** Called with the peer's bytes, where nobody could catch an error. */
  #tryStartSession(role: SessionRole, initialBytes: Uint8Array): Session | undefined {
    this.role = role
    try {
      this.session = this.#startSession(role, initialBytes)
    } catch (cause) {
      this.#fail(linkError(CloseCode.INTERNAL_ERROR, 'this node could not start a session', { cause }))
    }
    return this.session
  }

  #startSession(role: SessionRole, initialBytes: Uint8Array): Session {
    // The client's first stream is the control stream.
    this.#nextPeerStreamId = role === 'server' ? 4 : 1
    return new Session(this.#duplex, {
      ...this.#options.sessionOptions,
      maxConcurrentUniStreams: 0,
      evictionCode: StreamCode.EVICTED,
      internalErrorCode: StreamCode.INTERNAL_ERROR,
      refusalCode: StreamCode.GOING_AWAY,
      role,
      isTrusted: false,
      clock: this.#clock,
      initialBytes,
      handler: {
        onStream: (stream) => this.#onStream(stream),
        onStreamsAvailable: () => this.#onStreamsAvailable(),
        onClosing: (error) => this.#onOver(error),
        onClose: () => this.#finish(this.#error),
      },
    })
  }

  #onStream(stream: Stream): void {
    if (this.state === 'handshake') this.#handshake.onStream(stream)
    else if (this.state !== 'open') stream.destroy(StreamCode.CANCELLED)
    else if (this.#ownGoAwayId !== undefined && stream.id >= this.#ownGoAwayId)
      stream.destroy(StreamCode.GOING_AWAY)
    else {
      this.#nextPeerStreamId = Math.max(this.#nextPeerStreamId, stream.id + 4)
      this.#incoming.take(stream)
    }
  }

  #onStreamsAvailable(): void {
    if (this.state === 'handshake') this.#handshake.onStreamsAvailable()
    else this.#openDialer()
  }

  #openDialer(): void {
    if (!this.isDialable || this.session === undefined) return
    this.registry.open(this.session)
    this.dialer.open(this.session)
  }

  #onEstablished({ control, peer }: Established): void {
    // `admit` may have closed the link.
    if (this.state !== 'handshake' || this.session === undefined) return
    this.state = 'open'
    this.control = control
    this.peer = peer
    this.session.raiseLimits()
    this.#handler.onOpen(this.#link)
    // The server opens nothing before the client, having accepted its HELLO, raises the limits: frames of other streams
    // could overtake the HELLO.
    if (this.role === 'client') this.#openDialer()
  }

  #onHeader(
    header: StreamHeader | RegistryHeader | UnknownHeader,
    stream: Stream,
    rest: Uint8Array | undefined,
  ): void {
    if (header.kind === 'registry') {
      if (this.#handler.onRegistry !== undefined) this.registry.take(stream, rest)
      else refuse(stream, RefusalReason.NOT_SUPPORTED, 'there is no registry here')
    } else if (header.kind === 'unknown') {
      refuse(stream, RefusalReason.NOT_SUPPORTED, `streams of kind ${header.number} are not known here`)
    } else if (header.kind === 'dial' && (header.sourceNode ?? this.peer?.nodeId) !== this.peer?.nodeId) {
      refuse(stream, RefusalReason.FORBIDDEN, 'a dial must come from the node at the other end of the link')
    } else {
      this.#handler.onStream(this.#link, header, stream, rest)
    }
  }

  #onControl(message: ControlMessage): void {
    if (this.#isOver || message.kind === 'unknown') return
    if (message.kind === 'opaque') {
      this.#handler.onMessage?.(this.#link, message.type, message.body)
      return
    }
    if (message.kind === 'conflict') {
      this.#handler.onConflict?.(this.#link)
      return
    }
    if (message.kind === 'incarnation') {
      this.#onIncarnation(message.incarnation)
      return
    }
    const error = this.dialer.receiveGoAway(message.goAway, this.role === 'client' ? 0 : 1)
    if (error !== undefined) {
      this.#fail(error)
      return
    }
    this.#isPeerGoingAway = true
    this.registry.end()
    this.#handler.onGoAway?.(this.#link, message.goAway.lastStreamId)
  }

  /** It only grows: a lower one is an earlier message's, or means nothing. */
  #onIncarnation(incarnation: number): void {
    const { peer } = this
    if (peer !== undefined && incarnation > peer.incarnation) this.peer = { ...peer, incarnation }
  }

  #onControlEnd(): void {
    if (this.#isPeerGoingAway || this.#ownGoAwayId !== undefined) this.control?.end()
    else this.#fail(controlEndedEarly())
  }

  /** The peer broke a rule, or is not welcome. */
  #fail(error: LinkError): void {
    if (this.#isOver) return
    this.#error = error
    this.#closeSession(error.closeCode, error.message)
  }

  #closeSession(code: CloseCode, reason: string): void {
    const wasNew = this.state === 'new'
    this.state = 'closing'
    this.#handshake.stop()
    if (this.session !== undefined) {
      this.session.close(code, reason)
      return
    }
    const error = this.#error ?? linkError(code, 'the link was closed before it was open')
    if (wasNew) this.#duplex.abort(error)
    else this.#handshake.abort(error)
    this.#clock.defer(() => this.#finish(this.#error))
  }

  /** The session is over, or none comes about: its streams are told first, then the link ends. */
  #onOver(error: Error | undefined): void {
    this.#error ??= closeReason(error)
    this.state = 'closing'
    this.#handshake.stop()
    this.#stopStreams()
  }

  #stopStreams(): void {
    this.#incoming.stop()
    this.registry.stop()
    const why = this.#error === undefined ? 'the link was closed' : `the link ended: ${this.#error.message}`
    // These dials' headers never left.
    this.dialer.stop(new DialError('ECONNRESET', why, { isRetryable: true, cause: this.#error }))
  }

  #finish(error: Error | undefined): void {
    if (this.state === 'closed') return
    this.state = 'closed'
    this.#handshake.stop()
    this.#error ??= error
    this.#stopStreams()
    this.#handler.onClose(this.#link, error)
  }
}

/** On a pipe that others can read a proof is a gift to them: they can try guesses against it at home. */
function checkProof({ proof, insecure }: LinkOptions, { capabilities }: ByteDuplex): void {
  if (proof === undefined || insecure === true || capabilities.confidential === true) return
  throw new TypeError(
    'proof needs a confidential pipe (TLS, wss, a Unix socket); insecure: true sends it regardless',
  )
}

function refuse(stream: Stream, reason: RefusalReason, text: string): void {
  refuseStream(stream, { reason, text, code: StreamCode.REFUSED })
}
