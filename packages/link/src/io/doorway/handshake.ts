import type { ByteDuplex, Timer } from '@astranet/interface'
import type { Session, Stream } from '@astranet/mux'
import { CloseCode, linkError, type LinkError } from '../../proto/error-codes.js'
import type { Hello } from '../../proto/hello.js'
import { Doorway, type DoorwayEvents, type DoorwayOptions, type Passage } from './doorway.js'
import { HelloExchange, type HelloEvents } from './hello-exchange.js'
import type { HelloProof } from './hello-proof.js'

/** What a {@link Handshake} needs to know. */
export interface HandshakeOptions extends Omit<DoorwayOptions, 'nodeId'> {
  /** What this side sends; a proof is added to it. */
  readonly hello: Hello
  /** From `start` until both HELLOs are accepted. */
  readonly timeoutMs: number
  /** What both sides prove; `undefined`: nothing. */
  readonly proof: HelloProof | undefined
}

/** What a {@link Handshake} asks of its link. */
export interface HandshakeEvents extends HelloEvents {
  /** The pipe has passed the doorway: start QMux. `undefined` when it cannot be started; then the link ends. */
  startSession(passage: Passage): Session | undefined
  /** It failed before there was a session; the pipe is being closed. */
  onDoorwayFailed(error: LinkError): void
  /** The pipe, on which there is no session, is closed. */
  onPipeClosed(): void
}

/**
 * From a new pipe to an open link, against one deadline: first the {@link Doorway}, then a session, then on it the
 * {@link HelloExchange}. Legal order: `start`; then the doorway's events; then `onStream` or `onStreamsAvailable` of the
 * session; then `onEstablished`. `stop` at any time.
 */
export class Handshake implements DoorwayEvents {
  readonly #options: HandshakeOptions
  readonly #events: HandshakeEvents
  readonly #doorway: Doorway
  #timer: Timer | undefined = undefined
  /** `undefined` until the pipe has passed the doorway. */
  #hellos: HelloExchange | undefined = undefined
  #hasSession = false

  constructor(duplex: ByteDuplex, options: HandshakeOptions, events: HandshakeEvents) {
    const { role, clock, randomBytes, hello } = options
    this.#options = options
    this.#events = events
    this.#doorway = new Doorway(duplex, { role, nodeId: hello.nodeId, clock, randomBytes }, this)
  }

  start(): void {
    const { clock, timeoutMs } = this.#options
    this.#timer = clock.setTimer(timeoutMs, () => this.#expire(), { background: true })
    this.#doorway.start()
  }

  /** There is no deadline any more: the handshake is complete, or the session ends. */
  stop(): void {
    this.#timer?.cancel()
    this.#hellos?.stop()
  }

  /** Gives up before there is a session: destroys the pipe. */
  abort(error: Error): void {
    this.stop()
    this.#doorway.abort(error)
  }

  /** The peer opened a stream. */
  onStream(stream: Stream): void {
    this.#hellos?.onStream(stream)
  }

  /** Credit for streams may have arrived. */
  onStreamsAvailable(): void {
    this.#hellos?.onStreamsAvailable()
  }

  onPassed(passage: Passage): void {
    const { hello, proof } = this.#options
    const hellos = new HelloExchange(passage, { hello, proof }, this.#events)
    this.#hellos = hellos
    const session = this.#events.startSession(passage)
    this.#hasSession = session !== undefined
    hellos.start(session)
  }

  onFailed(error: LinkError): void {
    this.#events.onDoorwayFailed(error)
    this.stop()
  }

  onPipeClosed(): void {
    this.stop()
    this.#events.onPipeClosed()
  }

  #expire(): void {
    const { timeoutMs } = this.#options
    const what = this.#hasSession ? 'HELLO' : 'preamble'
    const error = linkError(
      CloseCode.HELLO_TIMEOUT,
      `the peer sent no complete ${what} within ${timeoutMs} ms`,
    )
    if (this.#hasSession) {
      this.#events.onViolation(error)
      return
    }
    this.#events.onDoorwayFailed(error)
    this.#doorway.cut(error)
  }
}
