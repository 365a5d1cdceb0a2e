import { QMUX_DRAFT_NUMBER } from '@astranet/frame'
import type { ByteDuplex, Clock, NodeId, Timer } from '@astranet/interface'
import type { Session, Stream } from '@astranet/mux'
import { CloseCode, linkError, protocolError, type LinkError } from '../../proto/error-codes.js'
import type { Hello } from '../../proto/hello.js'
import { ownIdError } from '../../proto/own-id.js'
import { NONCE_BYTES, type LinkRole, type Preamble } from '../../proto/preamble.js'
import type { SessionRole } from '../../proto/negotiate-role.js'
import { ControlStream, type ControlEvents } from '../control/control-stream.js'
import type { HelloProof } from './hello-proof.js'
import { PreambleExchange, type PreambleEvents } from './preamble-exchange.js'
import { ProofExchange, unexpectedProof } from './proof-exchange.js'

/**
 * How long a pipe may stay open after the preambles did not fit, in ms: for the peer to read this side's and to close. It is
 * counted among the handshakes under way until then.
 */
const LINGER_MS = 1_000

/** What a {@link Handshake} needs to know. */
export interface HandshakeOptions {
  readonly role: LinkRole
  readonly hello: Hello
  readonly clock: Clock
  readonly timeoutMs: number
  readonly randomBytes: (length: number) => Uint8Array
  /** What both sides prove; `undefined`: nothing. */
  readonly proof: HelloProof | undefined
}

/** What a {@link Handshake} asks of its link. */
export interface HandshakeEvents extends Omit<ControlEvents, 'onHello'> {
  /** The preambles are exchanged: start QMux. `undefined` when it cannot be started; then the link ends. */
  startSession(role: SessionRole, initialBytes: Uint8Array): Session | undefined
  /** Whether the peer is welcome. */
  admit(hello: Hello): LinkError | undefined
  /** Both HELLOs are accepted. */
  onEstablished(established: Established): void
  /** It failed before there was a session; the pipe is being closed. */
  onPreambleFailed(error: LinkError): void
  /** The pipe, on which there is no session, is closed or cut. */
  onPipeClosed(): void
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
  readonly #own: Preamble
  readonly #preambles: PreambleExchange
  #timer: Timer | undefined = undefined
  #session: Session | undefined = undefined
  #role: SessionRole = 'server'
  #claimedId: NodeId | undefined = undefined
  #control: ControlStream | undefined = undefined
  #proofs: ProofExchange | undefined = undefined
  #isStopped = false

  constructor(duplex: ByteDuplex, options: HandshakeOptions, events: HandshakeEvents) {
    this.#options = options
    this.#events = events
    const nonce = options.randomBytes(NONCE_BYTES)
    if (nonce.length !== NONCE_BYTES) {
      throw new RangeError(
        `randomBytes must return ${NONCE_BYTES} bytes when asked for them, got ${nonce.length}`,
      )
    }
    this.#own = {
      qmuxDraft: QMUX_DRAFT_NUMBER,
      role: options.role,
      isResuming: false,
      nonce,
      nodeId: options.hello.nodeId,
    }
    this.#preambles = new PreambleExchange(duplex, this.#own, this)
  }

  start(): void {
    const { clock, timeoutMs } = this.#options
    this.#timer = clock.setTimer(timeoutMs, () => this.#expire(), { background: true })
    this.#preambles.start()
  }

  /** No deadline any more: the handshake is done, or the session ends. */
  stop(): void {
    this.#isStopped = true
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
    if (this.#proofs === undefined) control.sendHello(this.#options.hello)
    else void this.#sendProof(control, this.#proofs)
  }

  onSettled(role: SessionRole, peer: Preamble, rest: Uint8Array): void {
    this.#role = role
    this.#claimedId = peer.nodeId
    const { proof } = this.#options
    if (proof !== undefined) {
      const preambles =
        role === 'client' ? { client: this.#own, server: peer } : { client: peer, server: this.#own }
      this.#proofs = new ProofExchange(proof, role, preambles)
    }
    this.#session = this.#events.startSession(role, rest)
    // What came along with the preamble may have ended the link.
    if (!this.#isStopped) this.onStreamsAvailable()
  }

  onFailed(error: LinkError): void {
    this.#events.onPreambleFailed(error)
    this.stop()
    this.#timer = this.#options.clock.setTimer(LINGER_MS, () => this.#cut(error), { background: true })
  }

  onPipeClosed(): void {
    this.stop()
    this.#events.onPipeClosed()
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
    if (this.#isStopped) return
    if (peer.nodeId !== this.#claimedId) {
      this.#events.onViolation(protocolError('sent a HELLO with another node id than its preamble'))
    } else if (this.#proofs === undefined) {
      this.#welcome(control, peer)
    } else {
      // Nothing else that the peer sends counts before its proof does.
      control.hold()
      void this.#checkProof(control, peer, this.#proofs)
    }
  }

  /** Resolves to whether the HELLO, with the proof, was sent. */
  async #sendProof(control: ControlStream, proofs: ProofExchange): Promise<boolean> {
    const hello = await proofs.sign(this.#options.hello)
    if (this.#isStopped) return false
    if (hello instanceof Error) {
      this.#events.onViolation(hello)
      return false
    }
    control.sendHello(hello)
    return true
  }

  async #checkProof(control: ControlStream, peer: Hello, proofs: ProofExchange): Promise<void> {
    const error = await proofs.judge(peer)
    if (this.#isStopped || !this.#isWelcome(peer, error)) return
    // The server proves itself only to a client that has.
    if (this.#role === 'server' && !(await this.#sendProof(control, proofs))) return
    // The link may have ended in the turn in which the proof was sent.
    if (this.#isStopped) return
    this.#establish(control, peer)
    control.release()
  }

  #welcome(control: ControlStream, peer: Hello): void {
    if (!this.#isWelcome(peer, peer.proof === undefined ? undefined : unexpectedProof())) return
    if (this.#role === 'server') control.sendHello(this.#options.hello)
    this.#establish(control, peer)
  }

  /** Refuses the peer where it must be. False also when the link was closed from inside `admit`. */
  #isWelcome(peer: Hello, error: LinkError | undefined): boolean {
    const refusal = error ?? ownIdError(this.#options.hello, peer) ?? this.#events.admit(peer)
    if (this.#isStopped) return false
    if (refusal !== undefined) this.#events.onViolation(refusal)
    return refusal === undefined
  }

  #establish(control: ControlStream, peer: Hello): void {
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
    this.#events.onPreambleFailed(error)
    this.#cut(error)
  }

  #cut(error: LinkError): void {
    this.abort(error)
    this.#events.onPipeClosed()
  }
}
