import { encodeMessage } from '@astranet/frame/message'
import type { Session, Stream } from '@astranet/mux'
import { protocolError, StreamCode } from '../../proto/error-codes.js'
import { MAX_REGISTRY_MESSAGE_BYTES, REGISTRY_HEADER_WIRE } from '../../proto/stream-header.js'
import { acceptStream } from './incoming-streams.js'
import { AnswerReader, RegistryReader, type RegistryEvents } from './registry-readers.js'

/** Behind the application's streams, which have 3. */
const URGENCY = 5

const HEADER_BYTES = encodeMessage(REGISTRY_HEADER_WIRE)

/**
 * The registry's streams on a link (spec section 6.4): one that this side opens with its first message and only writes
 * to, and one that the peer opens and this side only reads. Each exists at most once and stays until a side goes away.
 */
export class RegistryStreams {
  readonly #events: RegistryEvents
  #session: Session | undefined = undefined
  #outgoing: Stream | undefined = undefined
  /** Messages that were sent before the peer allowed a stream: one at most. */
  #waiting: Uint8Array[] = []
  /** The last message exceeded the stream's room: no other is taken until it is writable. */
  #isBlocked = false
  /** Nothing more is sent: a side goes away, the peer has no registry, or the link has ended. */
  #isEnded = false
  #hasIncoming = false

  constructor(events: RegistryEvents) {
    this.#events = {
      ...events,
      onRegistryWritable: () => {
        this.#isBlocked = false
        events.onRegistryWritable()
      },
    }
  }

  /** Whether `send` takes a message now. */
  get canSend(): boolean {
    return !this.#isEnded && !this.#isBlocked
  }

  /** The peer allows streams, or more of them. */
  open(session: Session): void {
    this.#session = session
    if (this.#waiting.length === 0) return
    const stream = this.#openOutgoing()
    if (stream === undefined) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const bytes of waiting) stream.write(bytes)
    this.#events.onRegistryWritable()
  }

  /**
   * Sends a message. False: it is taken, but no other until `onRegistryWritable`; or, when `canSend` was false before,
   * it is dropped.
   */
  send(body: unknown): boolean {
    const bytes = encodeMessage(body, { maxBytes: MAX_REGISTRY_MESSAGE_BYTES })
    if (!this.canSend) return false
    const stream = this.#openOutgoing()
    if (stream === undefined) this.#waiting.push(bytes)
    else if (stream.write(bytes)) return true
    this.#isBlocked = true
    return false
  }

  /** Whether a message that was taken has not been handed to the connection. */
  get hasUnsent(): boolean {
    return !this.#isEnded && (this.#waiting.length > 0 || (this.#outgoing?.bufferedBytes ?? 0) > 0)
  }

  /** What is sent from now on goes ahead of the application's bytes. */
  hurry(): void {
    if (this.#outgoing !== undefined) this.#outgoing.urgency = 0
  }

  /** Takes the stream that the peer opened for its registry; `initialBytes` came with its header. */
  take(stream: Stream, initialBytes: Uint8Array | undefined): void {
    if (this.#hasIncoming) {
      this.#events.onViolation(protocolError('opened a second stream for its registry'))
      return
    }
    this.#hasIncoming = true
    acceptStream(stream)
    stream.end()
    new RegistryReader(stream, this.#events).start(initialBytes)
  }

  /** A side goes away, or the peer has no registry: what was not sent is dropped. Idempotent. */
  end(): void {
    this.stop()
    this.#outgoing?.destroy(StreamCode.GOING_AWAY)
  }

  /** Likewise, but what was written is still delivered, if the peer knows RESET_STREAM_AT. Idempotent. */
  leave(): void {
    const stream = this.#outgoing
    try {
      stream?.resetAt(stream.sentBytes + stream.bufferedBytes, StreamCode.GOING_AWAY)
      stream?.stopSending(StreamCode.GOING_AWAY)
      this.stop()
    } catch {
      this.end()
    }
  }

  /** The link has ended. */
  stop(): void {
    this.#isEnded = true
    this.#waiting = []
  }

  #openOutgoing(): Stream | undefined {
    if (this.#outgoing !== undefined) return this.#outgoing
    const stream = this.#session?.tryOpenStream({ urgency: URGENCY })
    if (stream === undefined) return undefined
    this.#outgoing = stream
    stream.handle(new AnswerReader(this.#events, () => this.end()))
    stream.write(HEADER_BYTES)
    return stream
  }
}
