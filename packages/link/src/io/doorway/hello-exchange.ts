import type { NodeId } from '@astranet/interface'
import type { Session, Stream } from '@astranet/mux'
import { protocolError, type LinkError } from '../../proto/error-codes.js'
import type { Hello } from '../../proto/hello.js'
import type { SessionRole } from '../../proto/negotiate-role.js'
import { ownIdError } from '../../proto/own-id.js'
import { ControlStream, type ControlEvents } from '../control/control-stream.js'
import type { Passage } from './doorway.js'
import type { HelloProof } from './hello-proof.js'
import { ProofExchange, unexpectedProof } from './proof-exchange.js'

/** What a {@link HelloExchange} needs to know. */
export interface HelloExchangeOptions {
  /** What this side sends; a proof is added to it. */
  readonly hello: Hello
  /** What both sides prove; `undefined`: nothing. */
  readonly proof: HelloProof | undefined
}

/** What a {@link HelloExchange} asks of its link. */
export interface HelloEvents extends Omit<ControlEvents, 'onHello'> {
  /** Whether this node takes the peer: an error refuses it. */
  admit(hello: Hello): LinkError | undefined
  /** Both HELLOs are accepted. */
  onEstablished(established: Established): void
}

/** What came out of a {@link HelloExchange}. */
export interface Established {
  readonly control: ControlStream
  readonly peer: Hello
}

/**
 * Opens the control stream and exchanges HELLOs on it, with proofs where both sides ask for them (spec section 5). The
 * QMux client opens the stream and sends first. Legal order: `onStream` or `onStreamsAvailable` of the session, `start`
 * at the latest when the session is made; then `onEstablished`. After `stop` nothing is reported.
 */
export class HelloExchange {
  readonly #role: SessionRole
  /** The node id in the peer's preamble. */
  readonly #peerId: NodeId
  readonly #hello: Hello
  readonly #events: HelloEvents
  readonly #proofs: ProofExchange | undefined
  #session: Session | undefined = undefined
  #control: ControlStream | undefined = undefined
  #isStopped = false

  constructor(passage: Passage, { hello, proof }: HelloExchangeOptions, events: HelloEvents) {
    // The passage itself is not kept: its initial bytes would stay in memory as long as the link.
    this.#role = passage.role
    this.#peerId = passage.peerPreamble.nodeId
    this.#hello = hello
    this.#events = events
    this.#proofs = proof && new ProofExchange(proof, passage)
  }

  /** The session is made; `undefined`: it could not be. */
  start(session: Session | undefined): void {
    this.#session = session
    // What came along with the preamble may have ended the link.
    if (!this.#isStopped) this.onStreamsAvailable()
  }

  /** The exchange is complete, or the session ends. */
  stop(): void {
    this.#isStopped = true
  }

  /** The peer opened a stream. The client's first is the control stream; no other may open. */
  onStream(stream: Stream): void {
    if (this.#role === 'server' && stream.id === 0) this.#startControl(stream)
    else
      this.#events.onViolation(protocolError(`opened stream ${stream.id} before both HELLOs were accepted`))
  }

  /** Credit for streams may have arrived. */
  onStreamsAvailable(): void {
    if (this.#role !== 'client' || this.#control !== undefined) return
    const stream = this.#session?.tryOpenStream({ urgency: 0 })
    if (stream === undefined) return
    const control = this.#startControl(stream)
    if (this.#proofs === undefined) control.sendHello(this.#hello)
    else void this.#sendProof(control, this.#proofs)
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
    if (peer.nodeId !== this.#peerId) {
      this.#events.onViolation(protocolError('sent a HELLO with another node id than its preamble'))
    } else if (this.#proofs === undefined) {
      this.#answer(control, peer)
    } else {
      // The peer's proof is checked before anything else that it sends counts.
      control.hold()
      void this.#checkProof(control, peer, this.#proofs)
    }
  }

  /** Resolves to whether the HELLO, with the proof, was sent. */
  async #sendProof(control: ControlStream, proofs: ProofExchange): Promise<boolean> {
    const hello = await proofs.sign(this.#hello)
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
    if (this.#isStopped || !this.#isAdmitted(peer, error)) return
    // The server proves itself only to a client that has.
    if (this.#role === 'server' && !(await this.#sendProof(control, proofs))) return
    // The link may have ended in the turn in which the proof was sent.
    if (this.#isStopped) return
    this.#events.onEstablished({ control, peer })
    control.release()
  }

  #answer(control: ControlStream, peer: Hello): void {
    if (!this.#isAdmitted(peer, peer.proof === undefined ? undefined : unexpectedProof())) return
    if (this.#role === 'server') control.sendHello(this.#hello)
    this.#events.onEstablished({ control, peer })
  }

  /** Refuses the peer where it must be. False also when the link was closed from inside `admit`. */
  #isAdmitted(peer: Hello, error: LinkError | undefined): boolean {
    const refusal = error ?? ownIdError(this.#hello, peer) ?? this.#events.admit(peer)
    if (this.#isStopped) return false
    if (refusal !== undefined) this.#events.onViolation(refusal)
    return refusal === undefined
  }
}
