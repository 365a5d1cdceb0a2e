import type { ControlMessage } from '../../proto/control-message.js'
import { goAwayToWire, type GoAway } from '../../proto/go-away.js'
import type { Hello } from '../../proto/hello.js'
import type { SessionRole } from '../../proto/negotiate-role.js'
import type { LinkHost } from '../link-host.js'
import type { LinkStreams } from '../streams/link-streams.js'
import { controlEndedEarly, type ControlStream } from './control-stream.js'

/** The control messages of an open link, both ways: the application's, the incarnation, conflicts, and go-away. */
export class LinkControl<L> {
  /** The peer's HELLO with the incarnation that it sent last; `undefined` before the link is open. */
  peer: Hello | undefined = undefined
  readonly #host: LinkHost<L>
  readonly #streams: LinkStreams<L>
  #stream: ControlStream | undefined = undefined
  #role: SessionRole = 'server'

  constructor(host: LinkHost<L>, streams: LinkStreams<L>) {
    this.#host = host
    this.#streams = streams
  }

  /** Both HELLOs are accepted. `role`: the part that this side plays in the session. */
  opened(stream: ControlStream, peer: Hello, role: SessionRole): void {
    this.#stream = stream
    this.peer = peer
    this.#role = role
  }

  /** Sends one message. False: wait until the stream is writable, or nothing more can be sent. */
  send(wire: readonly unknown[]): boolean {
    return this.#stream?.send(wire) ?? false
  }

  /** Reports to the peer that this node takes no new streams. */
  sendGoAway(goAway: GoAway): void {
    this.send(goAwayToWire(goAway))
  }

  /** Nothing more will be sent. Allowed after a go-away only. */
  end(): void {
    this.#stream?.end()
  }

  /** Takes a message of the peer. */
  receive(message: ControlMessage): void {
    const { link, handler, isClosing } = this.#host
    if (isClosing) return
    if (message.kind === 'opaque') handler.onMessage?.(link, message.type, message.body)
    else if (message.kind === 'conflict') handler.onConflict?.(link)
    else if (message.kind === 'incarnation') this.#receiveIncarnation(message.incarnation)
    else if (message.kind === 'goAway') this.#receiveGoAway(message.goAway)
  }

  /** The peer sends no more messages. */
  receiveEnd(): void {
    if (this.#streams.isGoingAway) this.end()
    else this.#host.fail(controlEndedEarly())
  }

  /** An incarnation only grows: a lower one comes from an earlier message, or has no meaning. */
  #receiveIncarnation(incarnation: number): void {
    const { peer } = this
    if (peer !== undefined && incarnation > peer.incarnation) this.peer = { ...peer, incarnation }
  }

  #receiveGoAway(goAway: GoAway): void {
    const { link, handler } = this.#host
    const error = this.#streams.receiveGoAway(goAway, this.#role)
    if (error !== undefined) this.#host.fail(error)
    else handler.onGoAway?.(link, goAway.lastStreamId)
  }
}
