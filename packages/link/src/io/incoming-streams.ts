import { encodeMessage, MessageDecoder } from '@astranet/frame/message'
import type { Stream, StreamHandler } from '@astranet/mux'
import { StreamCode } from '../proto/error-codes.js'
import { ACCEPTED_WIRE, RefusalReason, refusalToWire } from '../proto/stream-answer.js'
import {
  headerFromWire,
  MAX_STREAM_HEADER_BYTES,
  type StreamHeader,
  type UnknownHeader,
} from '../proto/stream-header.js'
import { messageError } from './message-error.js'

/** The most streams of one link whose header has begun and not ended; each holds up to 1 KiB. */
export const MAX_PARTIAL_HEADERS = 1024

/** Told of a stream whose header has been read; the stream is paused. */
export type HeaderListener = (
  header: StreamHeader | UnknownHeader,
  stream: Stream,
  rest: Uint8Array | undefined,
) => void

const ACCEPTED_BYTES = encodeMessage(ACCEPTED_WIRE)

/**
 * Reads the headers of the streams that the peer opens. One object serves them all: what belongs to one stream, the
 * beginning of a header, is in its `context` for as long as the header is unfinished.
 */
export class IncomingStreams implements StreamHandler {
  readonly #onHeader: HeaderListener
  #partialHeaders = 0

  constructor(onHeader: HeaderListener) {
    this.#onHeader = onHeader
  }

  onData(stream: Stream, chunk: Uint8Array): void {
    const partial = partialOf(stream)
    const decoder = partial ?? new MessageDecoder({ maxBytes: MAX_STREAM_HEADER_BYTES })
    decoder.push(chunk)
    const step = decoder.next()
    if (step.kind === 'incomplete') {
      if (partial === undefined) this.#begin(stream, decoder)
      return
    }
    if (partial !== undefined) this.#forget(stream)
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
    this.#onHeader(header, stream, rest.length > 0 ? rest : undefined)
  }

  onEnd(stream: Stream): void {
    if (partialOf(stream) !== undefined) this.#forget(stream)
    stream.destroy(StreamCode.HEADER_INVALID)
  }

  /**
   * Nobody has taken the stream over yet and the dialer has given up: give up the other direction too, so that whoever
   * takes it over later finds it closed instead of waiting.
   */
  onReset(stream: Stream): void {
    if (partialOf(stream) !== undefined) this.#forget(stream)
    stream.destroy(StreamCode.CANCELLED)
  }

  onClose(stream: Stream): void {
    if (partialOf(stream) !== undefined) this.#forget(stream)
  }

  #begin(stream: Stream, decoder: MessageDecoder): void {
    if (this.#partialHeaders >= MAX_PARTIAL_HEADERS) {
      stream.destroy(StreamCode.HEADER_INVALID)
      return
    }
    this.#partialHeaders++
    stream.context = decoder
  }

  #forget(stream: Stream): void {
    this.#partialHeaders--
    stream.context = undefined
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

function partialOf(stream: Stream): MessageDecoder | undefined {
  return stream.context instanceof MessageDecoder ? stream.context : undefined
}
