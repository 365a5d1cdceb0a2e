import type { Session, Stream } from '@astranet/mux'
import { incarnationToWire, type ControlMessage } from '../../proto/control-message.js'
import { protocolError } from '../../proto/error-codes.js'
import { goAwayToWire, type GoAway } from '../../proto/go-away.js'
import type { Hello } from '../../proto/hello.js'
import type { SessionRole } from '../../proto/negotiate-role.js'
import type { LinkHost } from '../link-host.js'
import type { LinkStreams } from '../streams/link-streams.js'
import { controlEndedEarly, ControlStream, encodeControl } from './control-stream.js'

/**
 * The control messages of an open link, both ways: the application's, the incarnation, conflicts, and go-away.
 *
 * The client opens the control stream with its incarnation as the first message. What the server sends before that
 * stream has arrived waits here: a round trip, and no more than the caller sends without regard to `false`.
 */
export class LinkControl<L> {
  /** The peer's HELLO with the incarnation that it sent last; `undefined` before the peer has proved who it is. */
  peer: Hello | undefined = undefined
  readonly #host: LinkHost<L>
  readonly #streams: LinkStreams<L>
  #stream: ControlStream | undefined = undefined
  #role: SessionRole = 'server'
  #waiting: Uint8Array[] = []
  #isEnding = false

  constructor(host: LinkHost<L>, streams: LinkStreams<L>) {
    this.#host = host
    this.#streams = streams
  }

  /** The peer has proved who it is. `role`: the part that this side plays in the session. */
  introduced(peer: Hello | undefined, role: SessionRole): void {
    this.peer = peer
    this.#role = role
  }

  /** The client opens the control stream. Its first message makes it known to the server. */
  open(session: Session, incarnation: number): void {
    const stream = session.tryOpenStream({ urgency: 0 })
    if (stream === undefined) {
      this.#host.fail(protocolError('allows no stream, so that no control stream can be opened'))
      return
    }
    this.take(stream)
    this.send(incarnationToWire(incarnation))
  }

  /** Takes the control stream, once it was opened by either side. */
  take(stream: Stream): void {
    const { link, handler } = this.#host
    const control = new ControlStream(stream, {
      onControl: (message) => this.#receive(message),
      onControlEnd: () => this.#receiveEnd(),
      onControlWritable: () => handler.onWritable?.(link),
      onViolation: (error) => this.#host.fail(error),
    })
    this.#stream = control
    const waiting = this.#waiting
    this.#waiting = []
    let isWritable = true
    for (const message of waiting) isWritable = control.send(message)
    if (this.#isEnding) control.end()
    control.start()
    if (waiting.length > 0 && isWritable && !this.#host.isClosing) handler.onWritable?.(link)
  }

  /** Bytes of messages that have not been handed to the connection. */
  get unsentBytes(): number {
    const waiting = this.#waiting.reduce((sum, { length }) => sum + length, 0)
    return waiting + (this.#stream?.bufferedBytes ?? 0)
  }

  /** Sends one message. False: wait until the stream is writable, or nothing more can be sent. */
  send(wire: readonly unknown[]): boolean {
    const message = encodeControl(wire)
    if (this.#stream !== undefined) return this.#stream.send(message)
    if (!this.#isEnding) this.#waiting.push(message)
    return false
  }

  /** The link has ended. */
  stop(): void {
    this.#waiting = []
  }

  /** Reports to the peer that this node takes no new streams. */
  sendGoAway(goAway: GoAway): void {
    this.send(goAwayToWire(goAway))
  }

  /** Nothing more will be sent. Allowed after a go-away only. */
  end(): void {
    this.#isEnding = true
    this.#stream?.end()
  }

  /** Takes a message of the peer. */
  #receive(message: ControlMessage): void {
    const { link, handler, isClosing } = this.#host
    if (isClosing) return
    if (message.kind === 'opaque') handler.onMessage?.(link, message.type, message.body)
    else if (message.kind === 'conflict') handler.onConflict?.(link)
    else if (message.kind === 'incarnation') this.#receiveIncarnation(message.incarnation)
    else if (message.kind === 'goAway') this.#receiveGoAway(message.goAway)
  }

  /** The peer sends no more messages. */
  #receiveEnd(): void {
    if (this.#streams.isGoingAway) this.end()
    else this.#host.fail(controlEndedEarly())
  }

  /** An incarnation only grows: a lower one comes from an earlier message, or has no meaning. */
  #receiveIncarnation(incarnation: number): void {
    const { peer } = this
    if (peer === undefined || incarnation <= peer.incarnation) return
    this.peer = { ...peer, incarnation }
    this.#host.handler.onIncarnation?.(this.#host.link)
  }

  #receiveGoAway(goAway: GoAway): void {
    const { link, handler } = this.#host
    const error = this.#streams.receiveGoAway(goAway, this.#role)
    if (error !== undefined) this.#host.fail(error)
    else handler.onGoAway?.(link, goAway.lastStreamId)
  }
}
