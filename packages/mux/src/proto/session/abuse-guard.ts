import { TransportErrorCode } from '@astranet/frame'
import { SessionError } from './errors.js'
import type { SessionCore } from './core.js'
import { StreamState } from '../stream/state.js'
import type { Stream } from '../stream/stream.js'
import { TokenBucket } from './token-bucket.js'

/** Streams that may be given up before anybody looked at them: at once, and per second after that. */
export const MAX_FRESH_RESETS = 1_000
const FRESH_RESETS_PER_SECOND = 33

/** Frames that bring nothing forward: at once, and per second after that. */
export const MAX_IDLE_FRAMES = 50_000
const IDLE_FRAMES_PER_SECOND = 5_000

/** So many bytes of payload earn one idle frame: who moves data may chat. */
const PAYLOAD_BYTES_PER_IDLE_FRAME = 256

/**
 * What a stream earns when it is over: frames for it may be under way that find it gone, such as STOP_SENDING, RESET_STREAM,
 * MAX_STREAM_DATA and STREAM_DATA_BLOCKED.
 */
const LATE_FRAMES = 4

/** Credit updates by less than this are idle frames. */
const MIN_CREDIT_STEP_BYTES = 256

/**
 * Watches for what valid frames can be abused for (draft-ietf-quic-qmux, "Denial of Service"): opening streams only to
 * reset them, and floods of frames that cost work and move nothing. Both are rationed so that no honest peer comes near
 * the limit: aborting a stream that was accepted or answered is free, and payload earns frames.
 */
export class AbuseGuard {
  readonly #core: SessionCore
  readonly #freshResets: TokenBucket
  readonly #idleFrames: TokenBucket
  #payloadBytes = 0
  /** Streams of the peer that the application got in this turn: still fresh until it ends. */
  #acceptedNow: Stream[] = []

  constructor(core: SessionCore, now: number) {
    this.#core = core
    this.#freshResets = new TokenBucket(MAX_FRESH_RESETS, FRESH_RESETS_PER_SECOND, now)
    this.#idleFrames = new TokenBucket(MAX_IDLE_FRAMES, IDLE_FRAMES_PER_SECOND, now)
  }

  /** The application got a stream of the peer. */
  accepted(stream: Stream): void {
    this.#acceptedNow.push(stream)
  }

  /** A stream of the peer came into being: the frame that opens it need not bring anything else. */
  opened(): void {
    this.#idleFrames.put(1)
  }

  /** A stream is over. */
  removed(): void {
    this.#idleFrames.put(LATE_FRAMES)
  }

  /** What arrived together has been dealt with, or the next chunk arrives. */
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
   * The peer gave up a stream, by RESET_STREAM or STOP_SENDING; `before` are the bits of its state that show that it had
   * said so, and what comes again moves nothing. A stream counts once.
   */
  givenUp(stream: Stream, before: number): void {
    if ((stream.state & before) !== 0) {
      this.idleFrame()
      return
    }
    if ((stream.state & (StreamState.STOP_RECEIVED | StreamState.RESET_AT_RECEIVED)) !== 0) return
    if (stream.isLocal || (stream.state & StreamState.ACCEPTED) !== 0) return
    // This side gave it up first, refused it for example: the peer only answers.
    if ((stream.state & StreamState.DISCARDING) !== 0) return
    if (stream.sendOffset > 0 || stream.sendQueue !== undefined) return
    if (this.#freshResets.take(this.#core.now)) return
    this.#fail(`more than ${MAX_FRESH_RESETS} streams were reset as soon as they were opened`)
  }

  /** A frame came that brought nothing forward. */
  idleFrame(): void {
    if (this.#idleFrames.take(this.#core.now)) return
    this.#fail(`more than ${MAX_IDLE_FRAMES} frames came that move nothing`)
  }

  /** The peer raised a limit by `step` bytes, or not at all. */
  creditStep(step: number): void {
    if (step < MIN_CREDIT_STEP_BYTES) this.idleFrame()
  }

  #fail(message: string): void {
    const closeCode = TransportErrorCode.PROTOCOL_VIOLATION
    this.#core.fail(new SessionError('ASTRA_ERR_ABUSE', message, { closeCode }))
  }
}
