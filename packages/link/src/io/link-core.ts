import { systemClock, type ByteDuplex, type Clock } from '@astranet/interface'
import type { Session, Stream } from '@astranet/mux'
import { CloseCode, linkError, StreamCode, type LinkError } from '../proto/error-codes.js'
import type { Hello } from '../proto/hello.js'
import type { SessionRole } from '../proto/negotiate-role.js'
import { checkHelloTimeout, checkSessionOptions } from './check-options.js'
import { closeReason } from './close-reason.js'
import { LinkControl } from './control/link-control.js'
import type { Passage } from './doorway/doorway.js'
import { Handshake } from './doorway/handshake.js'
import type { Established } from './doorway/hello-exchange.js'
import { ownHello } from './doorway/own-hello.js'
import type { LinkHost } from './link-host.js'
import { DEFAULT_HELLO_TIMEOUT_MS, type HandlerOf, type OptionsOf } from './link-options.js'
import { startSession } from './start-session.js'
import { LinkStreams } from './streams/link-streams.js'

/**
 * Where a link is in its life. Legal moves: `new` -> `handshake` -> `open` -> `closing` -> `closed`; `handshake` ->
 * `closing` when the preambles do not match (for 1 s at most, so that the peer can read this side's), or a HELLO is
 * refused or late; any -> `closed` when the pipe breaks or the link is destroyed. A link that drains is `open` until
 * its last stream ends.
 */
export type LinkState = 'new' | 'handshake' | 'open' | 'closing' | 'closed'

/**
 * The state machine of a link. It knows nothing of its public face: `L` is what the handler's functions are given as
 * the link. What comes before both HELLOs is {@link Handshake}'s, the open link's messages are {@link LinkControl}'s,
 * its streams {@link LinkStreams}'s.
 */
export class LinkCore<L> implements LinkHost<L> {
  readonly link: L
  readonly handler: HandlerOf<L>
  readonly clock: Clock
  readonly streams: LinkStreams<L>
  readonly control: LinkControl<L>
  readonly ownHello: Hello
  state: LinkState = 'new'
  role: SessionRole = 'server'
  session: Session | undefined = undefined
  readonly #duplex: ByteDuplex
  readonly #options: OptionsOf<L>
  readonly #handshake: Handshake
  /** Why the link ends. */
  #error: Error | undefined = undefined

  constructor(link: L, duplex: ByteDuplex, options: OptionsOf<L>) {
    this.link = link
    this.handler = options.handler
    this.clock = options.clock ?? systemClock
    this.#duplex = duplex
    this.#options = options
    checkSessionOptions(options.sessionOptions)
    this.ownHello = ownHello(options, duplex.remoteAddress)
    this.streams = new LinkStreams(this)
    this.control = new LinkControl(this, this.streams)
    this.#handshake = this.#makeHandshake()
  }

  get isDialable(): boolean {
    return this.state === 'open' && !this.streams.isGoingAway
  }

  get isClosing(): boolean {
    return this.state === 'closing' || this.state === 'closed'
  }

  start(): void {
    if (this.state !== 'new') throw new TypeError('the link was already started')
    this.state = 'handshake'
    this.#handshake.start()
  }

  goAway(): void {
    const goAway = this.state === 'open' ? this.streams.goAway() : undefined
    if (goAway === undefined) return
    this.control.sendGoAway(goAway)
    this.streams.endOwn()
  }

  close(code: CloseCode, reason: string): void {
    // A pipe whose preambles did not match is not waited for any more.
    if (this.state === 'closing' && this.session === undefined) this.#closeSession(code, reason)
    if (this.isClosing) return
    if (code !== CloseCode.NO_ERROR) this.#error ??= linkError(code, `this node closed the link: ${reason}`)
    this.#closeSession(code, reason)
  }

  closeNow(): void {
    if (this.session === undefined || this.state === 'handshake') {
      this.close(CloseCode.NO_ERROR, '')
      return
    }
    // The control stream ends with the other streams, and only a node that goes away may end it.
    this.goAway()
    this.control.end()
    this.session.closeNow(CloseCode.NO_ERROR)
  }

  destroy(error: Error | undefined): void {
    if (this.state === 'closed') return
    this.#error ??= error
    if (this.session !== undefined) this.session.destroy(error)
    else this.#closeSession(CloseCode.NO_ERROR, '')
  }

  fail(error: LinkError): void {
    if (this.isClosing) return
    this.#error = error
    this.#closeSession(error.closeCode, error.message)
  }

  #makeHandshake(): Handshake {
    const { role, randomBytes, helloTimeoutMs, proof } = this.#options
    const timeoutMs = checkHelloTimeout(helloTimeoutMs ?? DEFAULT_HELLO_TIMEOUT_MS)
    const options = { role, hello: this.ownHello, clock: this.clock, timeoutMs, randomBytes, proof }
    return new Handshake(this.#duplex, options, {
      startSession: (passage) => this.#tryStartSession(passage),
      admit: (hello) => this.handler.admit?.(this.link, hello),
      onEstablished: (established) => this.#onEstablished(established),
      onDoorwayFailed: (error) => this.#onClosing(error),
      onPipeClosed: () => this.#finish(this.#error),
      onControl: (message) => this.control.receive(message),
      onControlEnd: () => this.control.receiveEnd(),
      onControlWritable: () => this.handler.onWritable?.(this.link),
      onViolation: (error) => this.fail(error),
    })
  }

  /** Called when the peer's bytes arrive, where no caller could catch an error. */
  #tryStartSession(passage: Passage): Session | undefined {
    this.role = passage.role
    try {
      this.session = startSession(passage, {
        limits: this.#options.sessionOptions,
        clock: this.clock,
        handler: {
          onStream: (stream) => this.#onStream(stream),
          onStreamsAvailable: () => this.#onStreamsAvailable(),
          onClosing: (error) => this.#onClosing(error),
          onClose: () => this.#finish(this.#error),
        },
      })
    } catch (cause) {
      this.fail(linkError(CloseCode.INTERNAL_ERROR, 'this node could not start a session', { cause }))
    }
    return this.session
  }

  #onStream(stream: Stream): void {
    if (this.state === 'handshake') this.#handshake.onStream(stream)
    else if (this.state === 'open') this.streams.take(stream)
    else stream.destroy(StreamCode.CANCELLED)
  }

  #onStreamsAvailable(): void {
    if (this.state === 'handshake') this.#handshake.onStreamsAvailable()
    else this.#openOwnStreams()
  }

  #openOwnStreams(): void {
    if (this.isDialable && this.session !== undefined) this.streams.openOwn(this.session)
  }

  #onEstablished({ control, peer }: Established): void {
    this.#handshake.stop()
    // `admit` may have closed the link.
    if (this.state !== 'handshake' || this.session === undefined) return
    this.state = 'open'
    this.control.opened(control, peer, this.role)
    this.streams.opened({ peerId: peer.nodeId, role: this.role })
    this.session.raiseLimits()
    this.handler.onOpen(this.link)
    // The server opens no stream before the client, having accepted its HELLO, raises the limits: frames of other
    // streams could overtake the HELLO.
    if (this.role === 'client') this.#openOwnStreams()
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
    this.clock.defer(() => this.#finish(this.#error))
  }

  /** The session has ended, or none will start: its streams are reported first, then the link ends. */
  #onClosing(error: Error | undefined): void {
    this.#error ??= closeReason(error)
    this.state = 'closing'
    this.#handshake.stop()
    this.streams.stop(this.#error)
  }

  #finish(error: Error | undefined): void {
    if (this.state === 'closed') return
    this.state = 'closed'
    this.#handshake.stop()
    this.#error ??= error
    this.streams.stop(this.#error)
    this.handler.onClose(this.link, error)
  }
}
