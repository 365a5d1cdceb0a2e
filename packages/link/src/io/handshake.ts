import { QMUX_DRAFT_NUMBER } from '@astranet/frame'
import type { ByteDuplex, Clock, NodeId, Timer } from '@astranet/interface'
import type { Session, Stream } from '@astranet/mux'
import { CloseCode, linkError, protocolError, type LinkError } from '../proto/error-codes.js'
import type { Hello } from '../proto/hello.js'
import { NONCE_BYTES, type LinkRole, type Preamble } from '../proto/preamble.js'
import type { SessionRole } from '../proto/settle-role.js'
import { ControlStream, type ControlEvents } from './control-stream.js'
import { PreambleExchange, type PreambleEvents } from './preamble-exchange.js'

/** What a {@link Handshake} needs to know. */
export interface HandshakeOptions {
  readonly role: LinkRole
  readonly hello: Hello
  readonly clock: Clock
  readonly timeoutMs: number
  readonly randomBytes: (length: number) => Uint8Array
}

/** What a {@link Handshake} asks of its link. */
export interface HandshakeEvents extends Omit<ControlEvents, 'onHello'> {
  /** The preambles are exchanged: start QMux. */
  startSession(role: SessionRole, initialBytes: Uint8Array): Session
  /** Whether the peer is welcome. */
  admit(hello: Hello): LinkError | undefined
  /** Both HELLOs are accepted. */
  onEstablished(established: Established): void
  /** It failed before there was a session; the pipe is closed. */
  onPreambleFailed(error: LinkError): void
}

/** What came of a {@link Handshake}. */
export interface Established {
  readonly control: ControlStream
  readonly peer: Hello
}

/**
 * Preamble, control stream and HELLO, against one deadline. Legal order: `start`; then the preamble events; then
 * `onStream` or `onStreamsAvailable` of the session; then `onEstablished`. `stop` at any time.
 */
export class Handshake implements PreambleEvents {
  readonly #options: HandshakeOptions
  readonly #events: HandshakeEvents
  readonly #preambles: PreambleExchange
  #timer: Timer | undefined = undefined
  #session: Session | undefined = undefined
  #role: SessionRole = 'server'
  #claimedId: NodeId | undefined = undefined
  #control: ControlStream | undefined = undefined

  constructor(duplex: ByteDuplex, options: HandshakeOptions, events: HandshakeEvents) {
    this.#options = options
    this.#events = events
    const nonce = options.randomBytes(NONCE_BYTES)
    if (nonce.length !== NONCE_BYTES) {
      throw new RangeError(
        `randomBytes must return ${NONCE_BYTES} bytes when asked for them, got ${nonce.length}`,
      )
    }
    const own: Preamble = {
      qmuxDraft: QMUX_DRAFT_NUMBER,
      role: options.role,
      isResuming: false,
      nonce,
      nodeId: options.hello.nodeId,
    }
    this.#preambles = new PreambleExchange(duplex, own, this)
  }

  start(): void {
    const { clock, timeoutMs } = this.#options
    this.#timer = clock.setTimer(timeoutMs, () => this.#expire(), { background: true })
    this.#preambles.start()
  }

  /** No deadline any more: the handshake is done, or the session ends. */
  stop(): void {
    this.#timer?.cancel()
  }

  /** Gives up before there is a session: cuts the pipe. */
  abort(error: Error): void {
    this.stop()
    this.#preambles.abort(error)
  }

  /** The peer opened a stream. The client's first is the control stream; nothing else may open. */
  onStream(stream: Stream): void {
    if (this.#role === 'server' && stream.id === 0) this.#startControl(stream)
    else
      this.#events.onViolation(protocolError(`opened stream ${stream.id} before both HELLOs were accepted`))
  }

  /** Credit for streams may have come. */
  onStreamsAvailable(): void {
    if (this.#role !== 'client' || this.#control !== undefined) return
    const stream = this.#session?.tryOpenStream({ urgency: 0 })
    if (stream === undefined) return
    const control = this.#startControl(stream)
    control.sendHello(this.#options.hello)
  }

  onSettled(role: SessionRole, peer: Preamble, rest: Uint8Array): void {
    this.#role = role
    this.#claimedId = peer.nodeId
    this.#session = this.#events.startSession(role, rest)
    this.onStreamsAvailable()
  }

  onFailed(error: LinkError): void {
    this.#events.onPreambleFailed(error)
  }

  onPipeClosed(): void {
    this.stop()
  }

  #startControl(stream: Stream): ControlStream {
    const events = this.#events
    const control = new ControlStream(stream, {
      onHello: (hello) => this.#onHello(control, hello),
      onControl: (message) => events.onControl(message),
      onControlEnd: () => events.onControlEnd(),
      onControlWritable: () => events.onControlWritable(),
      onViolation: (error) => events.onViolation(error),
    })
    this.#control = control
    control.start()
    return control
  }

  #onHello(control: ControlStream, peer: Hello): void {
    const error =
      peer.nodeId === this.#claimedId
        ? this.#events.admit(peer)
        : protocolError('sent a HELLO with another node id than its preamble')
    if (error !== undefined) {
      this.#events.onViolation(error)
      return
    }
    if (this.#role === 'server') control.sendHello(this.#options.hello)
    this.stop()
    this.#events.onEstablished({ control, peer })
  }

  #expire(): void {
    const { timeoutMs } = this.#options
    const what = this.#session === undefined ? 'preamble' : 'HELLO'
    const error = linkError(
      CloseCode.HELLO_TIMEOUT,
      `the peer sent no complete ${what} within ${timeoutMs} ms`,
    )
    if (this.#session !== undefined) {
      this.#events.onViolation(error)
      return
    }
    this.#preambles.abort(error)
    this.#events.onPreambleFailed(error)
  }
}
