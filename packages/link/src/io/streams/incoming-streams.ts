import { encodeMessage, MessageDecoder } from '@astranet/frame/message'
import type { Clock } from '@astranet/interface'
import type { Stream, StreamHandler } from '@astranet/mux'
import { StreamCode, type LinkError } from '../../proto/error-codes.js'
import { acceptanceToWire, ACCEPTED_WIRE, RefusalReason, refusalToWire } from '../../proto/stream-answer.js'
import type { PairFacts } from '../../proto/pair-facts.js'
import {
  headerFromWire,
  MAX_STREAM_HEADER_BYTES,
  wantedKind,
  type RegistryHeader,
  type StreamHeader,
  type UnknownHeader,
} from '../../proto/stream-header.js'
import { PendingHeader, PendingHeaders } from './pending-headers.js'
import { StreamPlace, type StreamQuota } from './stream-quota.js'
import { messageError } from '../../proto/message-error.js'

/** The most streams of one link whose header has begun and not ended; each holds up to 1 KiB. */
export const MAX_PARTIAL_HEADERS = 1024

/** Called with a stream whose header has been read; the stream is paused. `initialBytes` came with the header. */
export type HeaderListener = (
  header: StreamHeader | RegistryHeader | UnknownHeader,
  stream: Stream,
  initialBytes: Uint8Array | undefined,
) => void

/** Called with a header that breaks a rule, and with the kind that it wants, if it says so. */
export type InvalidListener = (kind: StreamHeader['kind'] | undefined, error: LinkError) => void

const ACCEPTED_BYTES = encodeMessage(ACCEPTED_WIRE)

/**
 * Reads the headers of the streams that the peer opens. One object serves them all: the state of one stream is its
 * `context`, a {@link PendingHeader} until the header is complete.
 */
export class IncomingStreams implements StreamHandler {
  readonly #onHeader: HeaderListener
  readonly #onInvalid: InvalidListener
  readonly #pending: PendingHeaders
  #partialHeaders = 0

  constructor(clock: Clock, onHeader: HeaderListener, onInvalid: InvalidListener) {
    this.#onHeader = onHeader
    this.#onInvalid = onInvalid
    this.#pending = new PendingHeaders(clock, ({ stream }) => this.#giveUp(stream))
  }

  /** Counts the streams whose header is not complete. Called once, before `take`. */
  limitBy(quota: StreamQuota | undefined): void {
    this.#pending.quota = quota
  }

  /** Takes a stream that the peer has opened. */
  take(stream: Stream): void {
    stream.context = this.#pending.add(stream)
    if (stream.context === undefined) stream.destroy(StreamCode.HEADER_INVALID)
    else stream.handle(this)
  }

  /** The link has ended: no header becomes late any more. */
  stop(): void {
    this.#pending.stop()
  }

  onData(stream: Stream, chunk: Uint8Array): void {
    const pending = pendingOf(stream)
    // The stream was refused or reset while this was in flight.
    if (pending === undefined) return
    const decoder = pending.decoder ?? new MessageDecoder({ maxBytes: MAX_STREAM_HEADER_BYTES })
    decoder.push(chunk)
    const step = decoder.next()
    if (step.kind === 'incomplete') {
      if (pending.decoder === undefined) this.#begin(pending, decoder)
      return
    }
    this.#forget(stream)
    const header =
      step.kind === 'error' ? messageError(step.error, 'a stream header') : headerFromWire(step.value)
    if (header instanceof Error) {
      this.#onInvalid(step.kind === 'error' ? undefined : wantedKind(step.value), header)
      refuseStream(stream, {
        reason: RefusalReason.INVALID,
        text: header.message,
        code: StreamCode.HEADER_INVALID,
      })
      return
    }
    stream.pause()
    const initialBytes = decoder.rest()
    // The new owner may return credit itself, and knows only of the bytes behind the header.
    stream.consume(chunk.length - initialBytes.length)
    this.#onHeader(header, stream, initialBytes.length > 0 ? initialBytes : undefined)
  }

  onEnd(stream: Stream): void {
    this.#giveUp(stream)
  }

  /**
   * The dialer has reset a stream that has no owner yet: give up the other direction too, so that a later owner finds
   * the stream closed instead of waiting on it.
   */
  onReset(stream: Stream): void {
    this.#forget(stream)
    stream.destroy(StreamCode.CANCELLED)
  }

  onClose(stream: Stream): void {
    this.#forget(stream)
    // Nobody handles it, so nobody else is told.
    if (stream.context instanceof StreamPlace) stream.context.release()
  }

  #begin(pending: PendingHeader, decoder: MessageDecoder): void {
    if (this.#partialHeaders >= MAX_PARTIAL_HEADERS) {
      this.#giveUp(pending.stream)
      return
    }
    this.#partialHeaders++
    pending.decoder = decoder
  }

  #giveUp(stream: Stream): void {
    this.#forget(stream)
    stream.destroy(StreamCode.HEADER_INVALID)
  }

  /** The stream's header is complete or will never be. */
  #forget(stream: Stream): void {
    const pending = pendingOf(stream)
    if (pending === undefined) return
    if (pending.decoder !== undefined) this.#partialHeaders--
    stream.context = undefined
    this.#pending.remove(pending)
  }
}

/** Answers that the stream was accepted. */
export function acceptStream(stream: Stream, pair?: PairFacts): void {
  stream.write(pair === undefined ? ACCEPTED_BYTES : encodeMessage(acceptanceToWire(pair)))
}

/** Answers with a refusal, ends this direction behind it and stops the other. */
export function refuseStream(
  stream: Stream,
  refusal: { reason: RefusalReason; text: string; code: StreamCode },
): void {
  stream.write(encodeMessage(refusalToWire(refusal.reason, refusal.text)))
  stream.end()
  stream.stopSending(refusal.code)
}

function pendingOf(stream: Stream): PendingHeader | undefined {
  return stream.context instanceof PendingHeader ? stream.context : undefined
}
