import type { NodeId } from '@astranet/interface'
import type { Session, Stream } from '@astranet/mux'
import { StreamCode, type LinkError } from '../../proto/error-codes.js'
import type { GoAway } from '../../proto/go-away.js'
import type { SessionRole } from '../../proto/negotiate-role.js'
import { DialError, RefusalReason } from '../../proto/stream-answer.js'
import type { RegistryHeader, StreamHeader, UnknownHeader } from '../../proto/stream-header.js'
import type { LinkHost } from '../link-host.js'
import type { HandlerOf } from '../link-options.js'
import { Dialer } from './dialer.js'
import { IncomingStreams, refuseStream } from './incoming-streams.js'
import { RegistryStreams } from './registry-streams.js'

/** What is known of the peer once both HELLOs are accepted. */
export interface OpenedLink {
  readonly peerId: NodeId
  /** The part that this side plays in the session. */
  readonly role: SessionRole
  /** Whether both sides have a registry. */
  readonly hasRegistry: boolean
}

/**
 * The streams of an open link behind its control stream: dials of this side, streams of the peer, the registry's. It
 * also keeps what the go-aways of both sides allow.
 */
export class LinkStreams<L> {
  readonly dialer: Dialer
  readonly registry: RegistryStreams
  readonly #link: L
  readonly #handler: HandlerOf<L>
  readonly #incoming: IncomingStreams
  #peerId: NodeId | undefined = undefined
  #hasRegistry = false
  /** The id of the stream that the peer opens next. */
  #nextPeerStreamId = 0
  /** The stream id in this side's go-away. */
  #ownGoAwayId: number | undefined = undefined
  #isPeerGoingAway = false

  constructor(host: LinkHost<L>) {
    const { link, handler } = host
    this.#link = link
    this.#handler = handler
    this.dialer = new Dialer(host.clock)
    this.registry = new RegistryStreams({
      onRegistryMessage: (body) => (host.isClosing ? undefined : handler.onRegistry?.(link, body)),
      onRegistryWritable: () => handler.onRegistryWritable?.(link),
      onViolation: (error) => host.fail(error),
    })
    this.#incoming = new IncomingStreams(
      host.clock,
      (header, stream, initialBytes) => this.#onHeader(header, stream, initialBytes),
      (kind, { message: text }) => handler.onRefused?.(link, { kind, reason: RefusalReason.INVALID, text }),
    )
  }

  /** Whether a side has sent a go-away. */
  get isGoingAway(): boolean {
    return this.#ownGoAwayId !== undefined || this.#isPeerGoingAway
  }

  /** The link is open: the peer may open streams now. */
  opened({ peerId, role, hasRegistry }: OpenedLink): void {
    this.#peerId = peerId
    this.#hasRegistry = hasRegistry
    if (!hasRegistry) this.registry.end()
    this.#incoming.limitBy(this.#handler.streamQuota?.(this.#link))
    // The client's first stream is the control stream.
    this.#nextPeerStreamId = role === 'server' ? 4 : 1
  }

  /** This side may open streams, or more of them. */
  openOwn(session: Session): void {
    this.registry.open(session)
    this.dialer.open(session)
  }

  /** Takes a stream that the peer opened. */
  take(stream: Stream): void {
    if (this.#ownGoAwayId !== undefined && stream.id >= this.#ownGoAwayId) {
      stream.destroy(StreamCode.GOING_AWAY)
      return
    }
    this.#nextPeerStreamId = Math.max(this.#nextPeerStreamId, stream.id + 4)
    this.#incoming.take(stream)
  }

  /** This node takes and opens no new streams. Returns the go-away to send, `undefined` when it was sent before. */
  goAway(): GoAway | undefined {
    if (this.#ownGoAwayId !== undefined) return undefined
    this.#ownGoAwayId = this.#nextPeerStreamId
    return { lastStreamId: this.#ownGoAwayId }
  }

  /** What this side opens is of no use after its go-away. */
  endOwn(): void {
    this.registry.end()
    this.#endDials()
  }

  /** Likewise, when the session leaves too: what the registry has written is sent with it. */
  leaveOwn(): void {
    this.registry.leave()
    this.#endDials()
  }

  /** Takes the peer's go-away: the peer takes no new streams. Returns what is wrong with it, if anything is. */
  receiveGoAway(goAway: GoAway, role: SessionRole): LinkError | undefined {
    const error = this.dialer.receiveGoAway(goAway, role === 'client' ? 0 : 1)
    if (error !== undefined) return error
    this.#isPeerGoingAway = true
    this.registry.end()
    return undefined
  }

  /** The link has ended, with that error. Dials that have no stream yet fail. */
  stop(error: Error | undefined): void {
    this.#incoming.stop()
    this.registry.stop()
    const why = error === undefined ? 'the link was closed' : `the link ended: ${error.message}`
    // The headers of these dials were never sent.
    this.dialer.stop(new DialError('ECONNRESET', why, { isRetryable: true, cause: error }))
  }

  #endDials(): void {
    this.dialer.stop(new DialError('ECONNREFUSED', 'this node is going away', { isRetryable: true }))
  }

  #onHeader(
    header: StreamHeader | RegistryHeader | UnknownHeader,
    stream: Stream,
    initialBytes: Uint8Array | undefined,
  ): void {
    if (header.kind === 'registry') {
      if (this.#hasRegistry) this.registry.take(stream, initialBytes)
      else refuse(stream, RefusalReason.NOT_SUPPORTED, 'there is no registry here')
    } else if (header.kind === 'unknown') {
      refuse(stream, RefusalReason.NOT_SUPPORTED, `streams of kind ${header.number} are not known here`)
    } else if (header.kind === 'dial' && (header.sourceNode ?? this.#peerId) !== this.#peerId) {
      const text = 'a dial must come from the node at the other end of the link'
      refuse(stream, RefusalReason.FORBIDDEN, text)
      this.#handler.onRefused?.(this.#link, { kind: 'dial', reason: RefusalReason.FORBIDDEN, text })
    } else {
      this.#handler.onStream(this.#link, header, stream, initialBytes)
    }
  }
}

function refuse(stream: Stream, reason: RefusalReason, text: string): void {
  refuseStream(stream, { reason, text, code: StreamCode.REFUSED })
}
