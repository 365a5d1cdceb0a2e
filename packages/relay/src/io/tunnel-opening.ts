import type { Clock, Timer } from '@astranet/interface'
import { RefusalReason, StreamPlace, type DialError, type OutgoingDial } from '@astranet/link'
import type { Stream } from '@astranet/mux'
import type { TunnelRefusal } from '../proto/tunnel/hop.js'
import type { NextHop } from './tunnel-request.js'

/** What opening a tunnel to the next hop needs. */
export interface TunnelOpeningParts {
  readonly clock: Clock
  /** The stream on which it was asked for; nobody handles it yet. */
  readonly near: Stream
  readonly next: NextHop
  readonly timeoutMs: number
  /** One of these two is called, once, and not from inside the constructor. The stream is paused. */
  readonly onAccepted: (stream: Stream, initialBytes: Uint8Array | undefined) => void
  /** Without a refusal: the one that asked has gone. */
  readonly onFailed: (refusal: TunnelRefusal | undefined) => void
}

/** A tunnel for which the next hop was asked and has not answered yet. */
export class TunnelOpening {
  readonly #parts: TunnelOpeningParts
  readonly #dial: OutgoingDial
  readonly #timer: Timer

  constructor(parts: TunnelOpeningParts) {
    this.#parts = parts
    const { clock, near, next, timeoutMs } = parts
    near.context = new StreamPlace({ take: () => true, release: () => this.giveUp() })
    this.#timer = clock.setTimer(timeoutMs, () => this.giveUp(TIMED_OUT), { background: true })
    this.#dial = next.link.dial(next.header, {
      onAccepted: (_, stream, initialBytes) => {
        this.#finish()
        parts.onAccepted(stream, initialBytes)
      },
      onFailed: (_, error) => {
        this.#finish()
        parts.onFailed(refusalOf(error))
      },
    })
  }

  /** Asks no longer. Without effect once there is an answer. */
  giveUp(refusal?: TunnelRefusal): void {
    if (this.#dial.isFinished) return
    this.#finish()
    this.#dial.cancel()
    this.#parts.onFailed(refusal)
  }

  #finish(): void {
    this.#timer.cancel()
    this.#parts.near.context = undefined
  }
}

const TIMED_OUT: TunnelRefusal = {
  reason: RefusalReason.TIMED_OUT,
  text: 'the next node on the path did not answer in time',
}

const KNOWN_REASONS: readonly number[] = Object.values(RefusalReason)

/** What the opener is answered: the reason of the next hop, or that it could not be asked. */
function refusalOf({ reason, text, message }: DialError): TunnelRefusal {
  if (reason === undefined || reason === RefusalReason.GOING_AWAY)
    return { reason: RefusalReason.UNREACHABLE, text: `the next node on the path is gone: ${message}` }
  if (!KNOWN_REASONS.includes(reason)) return { reason: RefusalReason.UNREACHABLE, text: text ?? '' }
  return { reason: reason as RefusalReason, text: text ?? '' }
}
