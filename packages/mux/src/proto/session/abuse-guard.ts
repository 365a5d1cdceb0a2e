import { TransportErrorCode } from '@astranet/frame'
import { SessionError } from './errors.js'
import { StreamState } from '../stream/state.js'
import type { StreamRecord } from '../stream/host.js'
import { TokenBucket } from './token-bucket.js'

/** Streams that the peer may give up before the application got them: at once, and per second after that. */
export const MAX_FRESH_RESETS = 1_000
const FRESH_RESETS_PER_SECOND = 33

/** Frames that move nothing: at once, and per second after that. */
export const MAX_IDLE_FRAMES = 50_000
const IDLE_FRAMES_PER_SECOND = 5_000

/** Payload that earns one idle frame, in bytes. */
const PAYLOAD_BYTES_PER_IDLE_FRAME = 256

/**
 * Idle frames that a stream earns when it ends: frames for it may be in flight that find it gone, such as STOP_SENDING,
 * RESET_STREAM, MAX_STREAM_DATA and STREAM_DATA_BLOCKED.
 */
const LATE_FRAMES = 4

/** Credit updates by less than this are idle frames. */
const MIN_CREDIT_STEP_BYTES = 256

/** What the guard needs of its session. */
export interface AbuseHost {
  /** Time of the current call, ms. */
  readonly now: number
  fail(error: SessionError): void
}

/**
 * Watches for abuse by valid frames (draft-ietf-quic-qmux, "Denial of Service"): opening streams only to reset
 * them, and floods of frames that cost work and move nothing. Both are limited so that no honest peer comes near the
 * limit: aborting a stream that was accepted or answered is free, and payload earns frames.
 */
export class AbuseGuard {
  readonly #host: AbuseHost
  readonly #freshResets: TokenBucket
  readonly #idleFrames: TokenBucket
  #payloadBytes = 0
  /** Streams of the peer that the application got in this turn: they count as not accepted until the turn ends. */
  #acceptedNow: StreamRecord[] = []

  constructor(host: AbuseHost, now: number) {
    this.#host = host
    this.#freshResets = new TokenBucket(MAX_FRESH_RESETS, FRESH_RESETS_PER_SECOND, now)
    this.#idleFrames = new TokenBucket(MAX_IDLE_FRAMES, IDLE_FRAMES_PER_SECOND, now)
  }

  /** The application got a stream of the peer. */
  accepted(stream: StreamRecord): void {
    this.#acceptedNow.push(stream)
  }

  /** The peer opened a stream: the frame that opens it need not carry anything else. */
  opened(): void {
    this.#idleFrames.put(1)
  }

  /** A stream has ended. */
  removed(): void {
    this.#idleFrames.put(LATE_FRAMES)
  }

  /** The chunk that arrived has been processed, or the next one arrives. */
  endTurn(): void {
    if (this.#acceptedNow.length === 0) return
    for (const stream of this.#acceptedNow) stream.state |= StreamState.ACCEPTED
    this.#acceptedNow = []
  }

  /** Payload arrived. */
  payload(bytes: number): void {
    this.#payloadBytes += bytes
    if (this.#payloadBytes < PAYLOAD_BYTES_PER_IDLE_FRAME * 64) return
    this.#idleFrames.put(this.#payloadBytes / PAYLOAD_BYTES_PER_IDLE_FRAME)
    this.#payloadBytes = 0
  }

  /**
   * The peer gave up a stream, by RESET_STREAM or STOP_SENDING. `before` are the bits of its state that show that the same
   * frame came before: a repeated one moves nothing. A stream counts once.
   */
  givenUp(stream: StreamRecord, before: number): void {
    if ((stream.state & before) !== 0) {
      this.idleFrame()
      return
    }
    if ((stream.state & (StreamState.STOP_RECEIVED | StreamState.RESET_AT_RECEIVED)) !== 0) return
    if (stream.isLocal || (stream.state & StreamState.ACCEPTED) !== 0) return
    // This side gave the stream up first, for example refused it: the peer only answers.
    if ((stream.state & StreamState.DISCARDING) !== 0) return
    if (stream.sendOffset > 0 || stream.sendQueue !== undefined) return
    if (this.#freshResets.take(this.#host.now)) return
    this.#fail(`more than ${MAX_FRESH_RESETS} streams were reset as soon as they were opened`)
  }

  /** A frame arrived that moves nothing. */
  idleFrame(): void {
    if (this.#idleFrames.take(this.#host.now)) return
    this.#fail(`more than ${MAX_IDLE_FRAMES} frames came that move nothing`)
  }

  /** The peer raised a limit by `step` bytes, or not at all. */
  creditStep(step: number): void {
    if (step < MIN_CREDIT_STEP_BYTES) this.idleFrame()
  }

  #fail(message: string): void {
    const closeCode = TransportErrorCode.PROTOCOL_VIOLATION
    this.#host.fail(new SessionError('ASTRA_ERR_ABUSE', message, { closeCode }))
  }
}
