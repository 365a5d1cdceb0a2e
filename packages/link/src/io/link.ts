import type { ByteDuplex } from '@astranet/interface'
import type { Session, Stream } from '@astranet/mux'
import { CONFLICT_WIRE, incarnationToWire, opaqueToWire } from '../proto/control-message.js'
import { CloseCode, linkError, StreamCode } from '../proto/error-codes.js'
import type { Hello } from '../proto/hello.js'
import type { PairFacts } from '../proto/pair-facts.js'
import type { LinkFacts, RankedLink } from '../proto/preferred-link.js'
import type { RefusalReason } from '../proto/stream-answer.js'
import type { StreamHeader } from '../proto/stream-header.js'
import { acceptStream, refuseStream } from './streams/incoming-streams.js'
import { LinkCore, type LinkState } from './link-core.js'
import type { HandlerOf, OptionsOf } from './link-options.js'
import type { RemoteNode } from './doorway/passage.js'
import type { DialHandler, OutgoingDial } from './streams/outgoing-dial.js'

/** The events of a {@link Link}; see {@link HandlerOf}. */
export type LinkHandler = HandlerOf<Link>

/** How a {@link Link} behaves; see {@link OptionsOf}. */
export type LinkOptions = OptionsOf<Link>

/** Control messages that may wait before {@link Link.canSend} is false, in bytes. */
const MAX_UNSENT_CONTROL_BYTES = 65_536

/**
 * A link of two nodes: a QMux session over one pipe that carries the node protocol `astranet/1`.
 *
 * First both sides prove who they are, in a handshake that also decides whether the pipe is encrypted; a session runs
 * only with a peer that has passed it. Within `helloTimeoutMs` both have admitted each other. Then the link dials and
 * accepts streams, carries control messages and closes in order. An error of the peer closes the link with a code and a
 * sentence (`onClose`); it never throws.
 *
 * Besides its session it holds about 2 KiB, one timer during the handshake, one timer while the peer opens streams, and
 * one small object for each pending dial and for each stream of the peer whose header is not complete (at most 65,536,
 * for 30 s). It holds nothing for streams that were handed over.
 */
export class Link implements RankedLink {
  readonly #core: LinkCore<Link>

  /** Throws a `TypeError` or `RangeError` that names the option that is wrong or not known. Nothing happens until `start`. */
  constructor(duplex: ByteDuplex, options: LinkOptions) {
    this.#core = new LinkCore(this, duplex, options)
  }

  get state(): LinkState {
    return this.#core.state
  }

  /** Whether both sides have admitted each other and neither has closed. */
  get isOpen(): boolean {
    return this.#core.state === 'open'
  }

  /** Whether a dial can still succeed: open, and neither side has sent a go-away. */
  get isDialable(): boolean {
    return this.#core.isDialable
  }

  /**
   * The peer's HELLO with the incarnation that the peer sent last; `undefined` before the peer has proved who it is,
   * which is before `admit`. Its `nodeId` is proved, the rest is what the peer says about itself.
   */
  get peer(): Hello | undefined {
    return this.#core.control.peer
  }

  /** The node at the other end as it has proved itself; there as soon as {@link peer} is. */
  get remote(): RemoteNode | undefined {
    return this.#core.remote
  }

  /** The session below, for its figures; `undefined` before the handshake is complete. */
  get session(): Session | undefined {
    return this.#core.session
  }

  /** What decides whether this link is preferred over another. Valid once it is open. */
  get facts(): LinkFacts {
    const { role, own, control } = this.#core
    const { peer } = control
    const isDialedHere = role === 'client'
    return {
      incarnation: peer?.incarnation ?? 0,
      life: peer?.life,
      isDialedHere,
      sequence: isDialedHere ? own.hello.sequence : (peer?.sequence ?? 0),
    }
  }

  /**
   * Sends the preamble and takes the pipe. Handler calls may come from inside this one. Throws a `TypeError` if
   * repeated.
   */
  start(): void {
    this.#core.start()
  }

  /**
   * Opens a stream, sends `header`, and reports the answer to `handler`. `dial.stream` is set at once when the peer
   * allows another stream, otherwise as soon as it does; bytes can be written to it before the answer. May be called
   * before the link is open: it waits. It has no deadline of its own: `dial.cancel()`.
   *
   * Throws a `TypeError` or `RangeError` that names the wrong field of `header`; everything else is a `DialError`.
   */
  dial(header: StreamHeader, handler: DialHandler, context?: unknown): OutgoingDial {
    return this.#core.streams.dialer.dial(header, handler, context)
  }

  /**
   * Accepts a stream that `onStream` gave: the application's bytes follow. `pair`: what the answer of a tunnel says of
   * the secret of its ends.
   */
  accept(stream: Stream, pair?: PairFacts): void {
    acceptStream(stream, pair)
  }

  /** Refuses a stream that `onStream` gave. `text` is for a person; at most 200 UTF-16 units of it are sent. */
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
    return this.isOpen && this.#core.control.send(wire)
  }

  /**
   * Whether less than 65,536 bytes of control messages wait for the peer. Ask it before a message that may be left out,
   * such as the answer to a message of the peer: so a peer that does not read cannot make this queue grow.
   */
  get canSend(): boolean {
    return this.isOpen && this.#core.control.unsentBytes < MAX_UNSENT_CONTROL_BYTES
  }

  /**
   * Sends a message of the registry, anything msgpack can hold, on a stream of its own, behind the application's bytes.
   * False: the message is taken, but no other until `onRegistryWritable`; or, when `canSendRegistry` was false before,
   * it is dropped: an earlier one waits, the link is not open, a side goes away, or the peer has no registry.
   *
   * Throws a `RangeError` for more than 65,536 bytes.
   */
  sendRegistry(body: unknown): boolean {
    return this.isOpen && this.#core.streams.registry.send(body)
  }

  /** Whether `sendRegistry` takes a message now. */
  get canSendRegistry(): boolean {
    return this.isOpen && this.#core.streams.registry.canSend
  }

  /** Bytes written to streams, closed ones included, that wait for the peer's credit or for the pipe. */
  get unsentBytes(): number {
    return this.isOpen ? (this.#core.session?.unsentBytes ?? 0) : 0
  }

  /** Whether a message that `sendRegistry` took has not been handed to the connection. */
  get hasUnsentRegistry(): boolean {
    return this.isOpen && this.#core.streams.registry.hasUnsent
  }

  /**
   * Sends later messages of the registry ahead of the application's bytes, once the first one was sent: before this
   * node leaves.
   */
  hurryRegistry(): void {
    this.#core.streams.registry.hurry()
  }

  /** Reports to the peer that this node's incarnation has changed since its HELLO. Without effect unless open. */
  tellIncarnation(incarnation: number): void {
    if (this.isOpen) this.#core.control.send(incarnationToWire(incarnation))
  }

  /** Reports to the peer that another node with its id has a link to this node. Without effect unless open. */
  tellConflict(): void {
    if (this.isOpen) this.#core.control.send(CONFLICT_WIRE)
  }

  /**
   * The round trip in ms. Rejects with `ASTRA_ERR_LINK_CLOSED` when the link is not open, and when it ends meanwhile.
   */
  ping(): Promise<number> {
    const { session } = this.#core
    if (this.isOpen && session !== undefined) return session.ping()
    return Promise.reject(linkError(CloseCode.NO_ERROR, 'the link is not open'))
  }

  /**
   * Pings at once, and destroys the link when the peer does not answer soon: call it when the network may have changed.
   * See `Session.probe`. Without effect before the handshake is complete.
   */
  probe(timeoutMs?: number): void {
    this.#core.session?.probe(timeoutMs)
  }

  /** Takes no new streams from the peer and reports that to it; dials of this side fail from now on. Idempotent. */
  goAway(): void {
    this.#core.goAway()
  }

  /**
   * Sends a go-away, waits until the open streams have ended, then closes. Resolves when no stream is open, also when
   * the link ended for another reason; `onClose` follows. A link that is not open yet closes at once.
   */
  drain(): Promise<void> {
    const { session, control } = this.#core
    if (!this.isOpen || session === undefined) {
      this.close()
      return Promise.resolve()
    }
    this.goAway()
    control.end()
    return session.drain()
  }

  /**
   * Closes with a code that the peer receives: open streams fail on both sides with `ECONNRESET`. `onClose` gets no
   * error for `NO_ERROR`, otherwise the {@link LinkError} of `code`. Idempotent: the first code counts.
   */
  close(code: CloseCode = CloseCode.NO_ERROR, reason = ''): void {
    this.#core.close(code, reason)
  }

  /**
   * `close` for a program that exits, all within this call: it sends the go-away, as much of what was written as the
   * pipe takes at once, the end of every stream (a reset where bytes remain), and the close. Streams that lost nothing
   * end cleanly at the peer. See `Session.closeNow` for the limits. A link that is not open just closes. Idempotent.
   */
  closeNow(): void {
    this.#core.closeNow()
  }

  /** After `closeNow` in a process that exits: see `Session.linger`. */
  linger(ms: number): void {
    this.#core.session?.linger(ms)
  }

  /** Destroys the pipe without a message to the peer; `onClose` gets `error`. Idempotent. */
  destroy(error?: Error): void {
    this.#core.destroy(error)
  }
}
