import { encodeMessage, MessageDecoder } from '@astranet/frame/message'
import type { Clock } from '@astranet/interface'
import type { Stream, StreamHandler } from '@astranet/mux'
import { StreamCode } from '../../proto/error-codes.js'
import { ACCEPTED_WIRE, RefusalReason, refusalToWire } from '../../proto/stream-answer.js'
import {
  headerFromWire,
  MAX_STREAM_HEADER_BYTES,
  type RegistryHeader,
  type StreamHeader,
  type UnknownHeader,
} from '../../proto/stream-header.js'
import { AwaitedHeader, AwaitedHeaders } from './pending-headers.js'
import { messageError } from '../../proto/message-error.js'

/** The most streams of one link whose header has begun and not ended; each holds up to 1 KiB. */
export const MAX_PARTIAL_HEADERS = 1024

/** Told of a stream whose header has been read; the stream is paused. */
export type HeaderListener = (
  header: StreamHeader | RegistryHeader | UnknownHeader,
  stream: Stream,
  rest: Uint8Array | undefined,
) => void

const ACCEPTED_BYTES = encodeMessage(ACCEPTED_WIRE)

/**
 * Reads the headers of the streams that the peer opens. One object serves them all: what belongs to one stream is in its
 * `context`, an {@link AwaitedHeader} until the header is complete.
 */
export class IncomingStreams implements StreamHandler {
  readonly #onHeader: HeaderListener
  readonly #awaited: AwaitedHeaders
  #partialHeaders = 0

  constructor(clock: Clock, onHeader: HeaderListener) {
    this.#onHeader = onHeader
    this.#awaited = new AwaitedHeaders(clock, ({ stream }) => this.#giveUp(stream))
  }

  /** Takes a stream that the peer has opened. */
  take(stream: Stream): void {
    stream.context = this.#awaited.add(stream)
    if (stream.context === undefined) stream.destroy(StreamCode.HEADER_INVALID)
    else stream.handle(this)
  }

  /** The link is over: no header is late any more. */
  stop(): void {
    this.#awaited.stop()
  }

  onData(stream: Stream, chunk: Uint8Array): void {
    const awaited = awaitedOf(stream)
    // Refused or given up: this was under way.
    if (awaited === undefined) return
    const decoder = awaited.decoder ?? new MessageDecoder({ maxBytes: MAX_STREAM_HEADER_BYTES })
    decoder.push(chunk)
    const step = decoder.next()
    if (step.kind === 'incomplete') {
      if (awaited.decoder === undefined) this.#begin(awaited, decoder)
      return
    }
    this.#forget(stream)
    const header =
      step.kind === 'error' ? messageError(step.error, 'a stream header') : headerFromWire(step.value)
    if (header instanceof Error) {
      refuseStream(stream, {
        reason: RefusalReason.INVALID,
        text: header.message,
        code: StreamCode.HEADER_INVALID,
      })
      return
    }
    stream.pause()
    const rest = decoder.rest()
    // Whoever takes the stream over may give credit back by hand, and knows only of the bytes behind the header.
    stream.consume(chunk.length - rest.length)
    this.#onHeader(header, stream, rest.length > 0 ? rest : undefined)
  }

  onEnd(stream: Stream): void {
    this.#giveUp(stream)
  }

  /**
   * Nobody has taken the stream over yet and the dialer has given up: give up the other direction too, so that whoever
   * takes it over later finds it closed instead of waiting.
   */
  onReset(stream: Stream): void {
    this.#forget(stream)
    stream.destroy(StreamCode.CANCELLED)
  }

  onClose(stream: Stream): void {
    this.#forget(stream)
  }

  #begin(awaited: AwaitedHeader, decoder: MessageDecoder): void {
    if (this.#partialHeaders >= MAX_PARTIAL_HEADERS) {
      this.#giveUp(awaited.stream)
      return
    }
    this.#partialHeaders++
    awaited.decoder = decoder
  }

  #giveUp(stream: Stream): void {
    this.#forget(stream)
    stream.destroy(StreamCode.HEADER_INVALID)
  }

  /** The stream's header is complete or will never be. */
  #forget(stream: Stream): void {
    const awaited = awaitedOf(stream)
    if (awaited === undefined) return
    if (awaited.decoder !== undefined) this.#partialHeaders--
    stream.context = undefined
    this.#awaited.remove(awaited)
  }
}

/** Answers that the stream was accepted. */
export function acceptStream(stream: Stream): void {
  stream.write(ACCEPTED_BYTES)
}

/** Answers why not, ends this direction behind the answer and stops the other. */
export function refuseStream(
  stream: Stream,
  refusal: { reason: RefusalReason; text: string; code: StreamCode },
): void {
  stream.write(encodeMessage(refusalToWire(refusal.reason, refusal.text)))
  stream.end()
  stream.stopSending(refusal.code)
}

function awaitedOf(stream: Stream): AwaitedHeader | undefined {
  return stream.context instanceof AwaitedHeader ? stream.context : undefined
}
