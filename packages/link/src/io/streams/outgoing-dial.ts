import { encodeMessage, MessageDecoder } from '@astranet/frame/message'
import type { Stream, StreamError, StreamHandler } from '@astranet/mux'
import { StreamCode } from '../../proto/error-codes.js'
import type { GoAwayState } from '../../proto/go-away.js'
import type { PairFacts } from '../../proto/pair-facts.js'
import { ACCEPTED_WIRE, answerFromWire, DialError, refusalError } from '../../proto/stream-answer.js'
import { headerToWire, MAX_STREAM_HEADER_BYTES, type StreamHeader } from '../../proto/stream-header.js'
import { messageError } from '../../proto/message-error.js'

/**
 * The events of a dial. One handler can serve any number of dials; the state of one goes into `dial.context`. None is
 * called from inside `link.dial`. Exactly one of `onAccepted` and `onFailed` is called, as the last.
 */
export interface DialHandler {
  /**
   * The peer accepted. The stream is paused: take it over with `stream.handle(...)`, now or later. `initialBytes` are
   * the application's bytes that arrived with the answer; they come before what `handle` will deliver.
   */
  onAccepted(dial: OutgoingDial, stream: Stream, initialBytes: Uint8Array | undefined): void
  /**
   * The header was sent, later than in the call of `link.dial` because the peer allowed no more streams then: `stream`
   * may be written to. Not called when that call sent it.
   */
  onAsked?(dial: OutgoingDial, stream: Stream): void
  /** The dial failed; there is no stream. */
  onFailed(dial: OutgoingDial, error: DialError): void
  /** The stream takes more of what is written before the answer, after a `write` that returned false. */
  onWritable?(dial: OutgoingDial, stream: Stream): void
  /** The peer reads no more. It often arrives before a refusal; if the peer accepts, the stream is half-open. */
  onStopSending?(dial: OutgoingDial, stream: Stream, error: StreamError): void
}

/**
 * A dial or tunnel that has no answer yet. States: *waiting* (the peer allows no more streams for now), *asked* (the
 * header is sent, `stream` is there and may be written to), *finished* (accepted, failed or cancelled). Moves: waiting
 * -> asked -> finished, waiting -> finished. Once it is finished only its owner refers to it.
 */
export class OutgoingDial {
  readonly header: StreamHeader
  /** For the application's own use. */
  context: unknown
  /** @internal */ readonly handler: DialHandler
  /** @internal Holds the beginning of an answer that came in pieces. */ decoder: MessageDecoder | undefined =
    undefined
  readonly #peerGoAway: GoAwayState
  /** What the answer says of the ends' secret, when a tunnel was accepted. */
  pair: PairFacts | undefined = undefined
  #stream: Stream | undefined = undefined
  #isFinished = false

  /** @internal */
  constructor(
    header: StreamHeader,
    handler: DialHandler,
    details: { context: unknown; peerGoAway: GoAwayState },
  ) {
    this.header = header
    this.handler = handler
    this.context = details.context
    this.#peerGoAway = details.peerGoAway
  }

  /** The stream, once the peer allows one: bytes written to it before the answer go along with the header. */
  get stream(): Stream | undefined {
    return this.#stream
  }

  /** Whether the dial was accepted, failed or cancelled. */
  get isFinished(): boolean {
    return this.#isFinished
  }

  /** Gives up: the stream is reset. `onFailed` is not called. Without effect once it is finished. */
  cancel(): void {
    if (this.#isFinished) return
    this.#isFinished = true
    this.#stream?.destroy(StreamCode.CANCELLED)
  }

  /**
   * Gives up, as a kernel closes a socket: if the peer accepts, it reads what was written, and an end. `onFailed` is not
   * called. Without effect once it is finished.
   */
  close(): void {
    if (this.#isFinished) return
    this.#isFinished = true
    this.#stream?.close(StreamCode.CANCELLED)
  }

  /** @internal Sends the header on `stream`. */
  begin(stream: Stream): void {
    this.#stream = stream
    stream.context = this
    stream.handle(ANSWER_HANDLER)
    stream.write(encodeMessage(headerToWire(this.header), { maxBytes: MAX_STREAM_HEADER_BYTES }))
  }

  /** @internal `answerBytes`: how many of the bytes that are being delivered belong to the answer. */
  accepted(answerBytes: number, initialBytes: Uint8Array | undefined): void {
    const stream = this.#stream
    if (this.#isFinished || stream === undefined) return
    this.#isFinished = true
    stream.context = undefined
    stream.pause()
    // The new owner may return credit itself, and knows only of the bytes behind the answer.
    stream.consume(answerBytes)
    this.handler.onAccepted(this, stream, initialBytes)
  }

  /** @internal The stream was reset before the answer. */
  reset(cause: StreamError): void {
    const isRetryable = this.#isUnprocessed || cause.applicationCode === StreamCode.GOING_AWAY
    const message = `the dial ended before the answer: ${cause.message}`
    this.failed(new DialError('ECONNRESET', message, { isRetryable, cause }))
  }

  /** Whether the peer certainly did not act on the dial: nothing of it was sent, or its go-away excludes it. */
  get #isUnprocessed(): boolean {
    const { lastStreamId } = this.#peerGoAway
    const stream = this.#stream
    if (stream === undefined) return false
    return stream.sentBytes === 0 || (lastStreamId !== undefined && stream.id >= lastStreamId)
  }

  /** @internal */
  failed(error: DialError, streamCode: StreamCode = StreamCode.CANCELLED): void {
    if (this.#isFinished) return
    this.#isFinished = true
    this.#stream?.destroy(streamCode)
    this.handler.onFailed(this, error)
  }
}

/** The answer that nearly every dial gets, as nearly every peer encodes it: it need not be decoded. */
const ACCEPTED_BYTES = encodeMessage(ACCEPTED_WIRE)

function beginsWithAcceptance(chunk: Uint8Array): boolean {
  for (let i = 0; i < ACCEPTED_BYTES.length; i++) if (chunk[i] !== ACCEPTED_BYTES[i]) return false
  return true
}

/** Reads the answers on all dialed streams. A stream's `context` is its dial. */
const ANSWER_HANDLER: StreamHandler = {
  onData(stream: Stream, chunk: Uint8Array): void {
    const dial = dialOf(stream)
    if (dial === undefined) return
    if (dial.decoder === undefined && beginsWithAcceptance(chunk)) {
      const { length } = ACCEPTED_BYTES
      dial.accepted(length, chunk.length > length ? chunk.subarray(length) : undefined)
      return
    }
    const decoder = dial.decoder ?? new MessageDecoder({ maxBytes: MAX_STREAM_HEADER_BYTES })
    decoder.push(chunk)
    const step = decoder.next()
    if (step.kind === 'incomplete') {
      dial.decoder = decoder
      return
    }
    const answer = step.kind === 'error' ? messageError(step.error, 'an answer') : answerFromWire(step.value)
    if (answer instanceof Error) {
      dial.failed(new DialError('EPROTO', answer.message, { cause: answer }), StreamCode.HEADER_INVALID)
    } else if (answer.kind === 'refused') {
      dial.failed(refusalError(answer.reason, answer.text))
    } else {
      const initialBytes = decoder.rest()
      const answerBytes = chunk.length - initialBytes.length
      dial.pair = answer.pair
      dial.accepted(answerBytes, initialBytes.length > 0 ? initialBytes : undefined)
    }
  },
  onEnd(stream: Stream): void {
    dialOf(stream)?.failed(new DialError('ECONNRESET', 'the peer ended the stream without an answer'))
  },
  onReset(stream: Stream, error: StreamError): void {
    const dial = dialOf(stream)
    // Accepted, then reset before the application took it over: the application finds it closed instead of waiting on
    // it.
    if (dial === undefined) stream.destroy(StreamCode.CANCELLED)
    else dial.reset(error)
  },
  onStopSending(stream: Stream, error: StreamError): void {
    const dial = dialOf(stream)
    dial?.handler.onStopSending?.(dial, stream, error)
  },
  onWritable(stream: Stream): void {
    const dial = dialOf(stream)
    dial?.handler.onWritable?.(dial, stream)
  },
  onClose(stream: Stream, error: Error | undefined): void {
    const cause = error ?? undefined
    dialOf(stream)?.failed(
      new DialError('ECONNABORTED', 'the stream was given up before the answer', { cause }),
    )
  },
}

/** The dial that the stream belongs to while it waits for its answer. */
function dialOf(stream: Stream): OutgoingDial | undefined {
  const { context } = stream
  return context instanceof OutgoingDial && !context.isFinished ? context : undefined
}
