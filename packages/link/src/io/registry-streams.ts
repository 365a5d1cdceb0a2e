import { encodeMessage } from '@astranet/frame/message'
import type { Clock, Timer } from '@astranet/interface'
import type { Session, Stream } from '@astranet/mux'
import { protocolError, StreamCode } from '../proto/error-codes.js'
import { MAX_REGISTRY_MESSAGE_BYTES, REGISTRY_HEADER_WIRE } from '../proto/stream-header.js'
import { acceptStream } from './incoming-streams.js'
import { AnswerReader, RegistryReader, type RegistryEvents } from './registry-readers.js'

/** Behind the application's streams, which have 3. */
const URGENCY = 5

/** Of a stream that got nothing through: it takes turns with the application's. */
const STARVED_URGENCY = 3

/** How long nothing may get through before that, in ms. */
const STARVED_MS = 1_000

const HEADER_BYTES = encodeMessage(REGISTRY_HEADER_WIRE)

/**
 * The registry's streams on a link (spec section 6.4): one that this side opens when it has something to say, and only
 * writes; one that the peer opens, and this side only reads. Each is there once at most, from then to the go-away.
 */
export class RegistryStreams {
  readonly #events: RegistryEvents
  readonly #clock: Clock
  #session: Session | undefined = undefined
  #outgoing: Stream | undefined = undefined
  /** What was sent before the peer allowed a stream. */
  #waiting: Uint8Array[] = []
  /** Nothing more is sent: a side goes away, the peer has no registry, or the link is over. */
  #isEnded = false
  #hasIncoming = false
  #timer: Timer | undefined = undefined
  #writtenBytes = 0

  constructor(clock: Clock, events: RegistryEvents) {
    this.#clock = clock
    this.#events = events
  }

  /** Streams can be opened, or more of them. */
  open(session: Session): void {
    this.#session = session
    if (this.#waiting.length === 0 || this.#openOutgoing() === undefined) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const bytes of waiting) this.#write(bytes)
    this.#events.onRegistryWritable()
  }

  /** Sends a message. False: wait for `onRegistryWritable` (it is taken all the same), or nothing more can be sent. */
  send(body: unknown): boolean {
    const bytes = encodeMessage(body, { maxBytes: MAX_REGISTRY_MESSAGE_BYTES })
    if (this.#isEnded) return false
    if (this.#openOutgoing() !== undefined) return this.#write(bytes)
    this.#waiting.push(bytes)
    return false
  }

  /** Takes the stream that the peer opened for its registry; `rest` came with its header. */
  take(stream: Stream, rest: Uint8Array | undefined): void {
    if (this.#hasIncoming) {
      this.#events.onViolation(protocolError('opened a second stream for its registry'))
      return
    }
    this.#hasIncoming = true
    acceptStream(stream)
    stream.end()
    const reader = new RegistryReader(this.#events)
    if (rest !== undefined) reader.onData(stream, rest)
    stream.handle(reader)
  }

  /** A side goes away, or the peer has no registry: what was not sent is of no use any more. Idempotent. */
  end(): void {
    this.stop()
    this.#outgoing?.destroy(StreamCode.GOING_AWAY)
  }

  /** The link is over. */
  stop(): void {
    this.#isEnded = true
    this.#waiting = []
    this.#timer?.cancel()
    this.#timer = undefined
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

  #write(bytes: Uint8Array): boolean {
    const hasRoom = this.#outgoing?.write(bytes) ?? false
    this.#writtenBytes += bytes.length
    this.#timer ??= this.#watchProgress()
    return hasRoom
  }

  /**
   * Urgencies are strict: on a link that the application keeps full nothing of a lower one would ever leave, and what
   * changed would stay unknown. So a stream that got nothing through for a while has its turns.
   */
  #watchProgress(): Timer {
    const sentBytes = this.#sentBytes
    return this.#clock.setTimer(
      STARVED_MS,
      () => {
        this.#timer = undefined
        const stream = this.#outgoing
        if (stream === undefined || stream.isClosed) return
        const hasProgress = stream.bufferedBytes === 0 || this.#sentBytes > sentBytes
        stream.urgency = hasProgress ? URGENCY : STARVED_URGENCY
        if (stream.bufferedBytes > 0) this.#timer = this.#watchProgress()
      },
      { background: true },
    )
  }

  get #sentBytes(): number {
    return this.#writtenBytes - (this.#outgoing?.bufferedBytes ?? 0)
  }
}
