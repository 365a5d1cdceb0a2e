import { systemClock, type ByteDuplex, type Clock } from '@astranet/interface'
import { invalidState } from '@astranet/interface/check'
import type { Session, Stream } from '@astranet/mux'
import { CloseCode, linkError, StreamCode, type LinkError } from '../proto/error-codes.js'
import { Feature, isShared } from '../proto/features.js'
import type { Hello } from '../proto/hello.js'
import { ownIdError } from '../proto/own-id.js'
import type { SessionRole } from '../proto/negotiate-role.js'
import {
  checkDoorwayOptions,
  checkHelloTimeout,
  checkOptionNames,
  checkSessionOptions,
} from './check-options.js'
import { closeReason } from './close-reason.js'
import { LinkControl } from './control/link-control.js'
import { LinkOpening } from './doorway/link-opening.js'
import { ownSide, type OwnSide } from './doorway/own-side.js'
import type { Introduced, Passage, RemoteNode } from './doorway/passage.js'
import type { LinkHost } from './link-host.js'
import { DEFAULT_HELLO_TIMEOUT_MS, type HandlerOf, type OptionsOf } from './link-options.js'
import { startSession } from './start-session.js'
import { LinkStreams } from './streams/link-streams.js'

/**
 * Where a link is in its life. Legal moves: `new` -> `handshake` -> `open` -> `closing` -> `closed`; `handshake` ->
 * `closing` when the handshake fails (for 1 s at most, so that the peer can read why), or a side is refused or late;
 * any -> `closed` when the pipe breaks or the link is destroyed. A link that drains is `open` until
 * its last stream ends.
 */
export type LinkState = 'new' | 'handshake' | 'open' | 'closing' | 'closed'

/**
 * The state machine of a link. It knows nothing of its public face: `L` is what the handler's functions are given as
 * the link. What comes before the link is open is {@link LinkOpening}'s, the open link's messages are
 * {@link LinkControl}'s, its streams {@link LinkStreams}'s.
 */
export class LinkCore<L> implements LinkHost<L> {
  readonly link: L
  readonly handler: HandlerOf<L>
  readonly clock: Clock
  readonly streams: LinkStreams<L>
  readonly control: LinkControl<L>
  readonly own: OwnSide
  state: LinkState = 'new'
  role: SessionRole = 'server'
  session: Session | undefined = undefined
  /** The peer as it has proved itself. */
  remote: RemoteNode | undefined = undefined
  readonly #duplex: ByteDuplex
  readonly #options: OptionsOf<L>
  readonly #opening: LinkOpening
  /** Why the link ends. */
  #error: Error | undefined = undefined

  constructor(link: L, duplex: ByteDuplex, options: OptionsOf<L>) {
    checkOptionNames(options as OptionsOf<never>)
    this.link = link
    this.handler = options.handler
    this.clock = options.clock ?? systemClock
    this.#duplex = duplex
    this.#options = options
    checkDoorwayOptions(options as OptionsOf<never>)
    checkSessionOptions(options.sessionOptions)
    this.own = ownSide(duplex, options as OptionsOf<never>)
    this.streams = new LinkStreams(this)
    this.control = new LinkControl(this, this.streams)
    this.#opening = this.#makeOpening()
  }

  get isDialable(): boolean {
    return this.state === 'open' && !this.streams.isGoingAway
  }

  get isClosing(): boolean {
    return this.state === 'closing' || this.state === 'closed'
  }

  start(): void {
    if (this.state !== 'new') throw invalidState('the link was already started')
    this.state = 'handshake'
    this.#opening.start()
  }

  goAway(): void {
    const goAway = this.state === 'open' ? this.streams.goAway() : undefined
    if (goAway === undefined) return
    this.control.sendGoAway(goAway)
    this.streams.endOwn()
  }

  close(code: CloseCode, reason: string): void {
    // A pipe whose handshake has failed is not waited for any more.
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
    const goAway = this.state === 'open' ? this.streams.goAway() : undefined
    if (goAway !== undefined) this.control.sendGoAway(goAway)
    this.streams.leaveOwn()
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

  #makeOpening(): LinkOpening {
    const timeoutMs = checkHelloTimeout(this.#options.helloTimeoutMs ?? DEFAULT_HELLO_TIMEOUT_MS)
    const { slots, slotAddress = this.#duplex.remoteAddress } = this.#options
    const options = { clock: this.clock, timeoutMs, slots, slotAddress, makeSide: () => this.own.makeSide() }
    return new LinkOpening(this.#duplex, options, {
      onIntroduced: (introduced) => this.#onIntroduced(introduced),
      admit: (hello) => this.#admit(hello),
      onPassed: (passage) => this.#onPassed(passage),
      onEstablished: () => this.#onEstablished(),
      onFailed: (error) => this.#onClosing(error),
      onPipeClosed: () => this.#finish(this.#error),
      onCut: () => this.session?.destroy(this.#error),
      onViolation: (error) => this.fail(error),
    })
  }

  #onIntroduced({ role, hello, remote }: Introduced): void {
    this.role = role
    this.remote = remote
    this.control.introduced(hello, role)
  }

  #admit(hello: Hello): LinkError | undefined | Promise<LinkError | undefined> {
    const ownId = { nodeId: this.#options.identity.nodeId, life: this.own.hello.life }
    return ownIdError(ownId, hello) ?? this.handler.admit?.(this.link, hello)
  }

  /** Called when the peer's bytes arrive, where no caller could catch an error. */
  #onPassed(passage: Passage): void {
    const pipe = passage.takePipe()
    try {
      this.session = startSession(pipe, {
        role: this.role,
        limits: this.#options.sessionOptions,
        isRefusing: passage.refusal !== undefined,
        clock: this.clock,
        handler: {
          onStream: (stream) => this.#onStream(stream),
          onStreamsAvailable: () => this.#onStreamsAvailable(),
          onClosing: (error) => this.#onClosing(error),
          onClose: () => this.#finish(this.#error),
        },
      })
    } catch (cause) {
      pipe.duplex.abort(cause as Error)
      this.fail(linkError(CloseCode.INTERNAL_ERROR, 'this node could not start a session', { cause }))
      return
    }
    if (passage.refusal !== undefined) this.fail(passage.refusal)
    pipe.duplex.resume()
  }

  #onStream(stream: Stream): void {
    // The peer opens streams once it has admitted this side.
    if (this.state === 'handshake') this.#opening.peerSpoke()
    if (this.state !== 'open') stream.destroy(StreamCode.CANCELLED)
    else if (this.role === 'server' && stream.id === 0) this.control.take(stream)
    else this.streams.take(stream)
  }

  #onStreamsAvailable(): void {
    if (this.state !== 'handshake') this.#openOwnStreams()
    // A peer that refuses this side allows no stream, and closes.
    else if (this.session?.canOpenStream === true) this.#opening.peerSpoke()
  }

  #openOwnStreams(): void {
    if (this.isDialable && this.session !== undefined) this.streams.openOwn(this.session)
  }

  #onEstablished(): void {
    const { session, control } = this
    const { peer } = control
    if (this.state !== 'handshake' || session === undefined || peer === undefined) return
    this.state = 'open'
    const hasRegistry = isShared(Feature.REGISTRY, this.own.hello.features, peer.features)
    this.streams.opened({ peerId: peer.nodeId, role: this.role, hasRegistry })
    if (this.role === 'client') control.open(session, this.own.hello.incarnation)
    if (this.isClosing) return
    this.handler.onOpen(this.link)
    this.#openOwnStreams()
  }

  #closeSession(code: CloseCode, reason: string): void {
    const wasNew = this.state === 'new'
    this.state = 'closing'
    this.#opening.stop()
    if (this.session !== undefined) {
      this.session.close(code, reason)
      return
    }
    const error = this.#error ?? linkError(code, 'the link was closed before it was open')
    if (wasNew) this.#duplex.abort(error)
    else this.#opening.abort(error)
    this.clock.defer(() => this.#finish(this.#error))
  }

  /** The session has ended, or none will start: its streams are reported first, then the link ends. */
  #onClosing(error: Error | undefined): void {
    this.#error ??= closeReason(error)
    this.state = 'closing'
    this.#opening.stop()
    this.streams.stop(this.#error)
    this.control.stop()
  }

  #finish(error: Error | undefined): void {
    if (this.state === 'closed') return
    this.state = 'closed'
    this.#opening.closed()
    this.#error ??= error
    this.streams.stop(this.#error)
    this.handler.onClose(this.link, error)
  }
}
