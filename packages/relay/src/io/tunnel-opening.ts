import type { Clock, Timer } from '@astranet/interface'
import { RefusalReason, type DialError, type OutgoingDial } from '@astranet/link'
import type { Stream } from '@astranet/mux'
import type { TunnelRefusal } from '../proto/tunnel/hop.js'
import type { NextHop } from './tunnel-request.js'

/** What opening a tunnel to the next hop needs. */
export interface TunnelOpeningParts {
  readonly clock: Clock
  readonly next: NextHop
  readonly timeoutMs: number
  /** One of these two is called, once, and not from inside the constructor. The stream is paused. */
  readonly onAccepted: (stream: Stream, initialBytes: Uint8Array | undefined) => void
  readonly onFailed: (refusal: TunnelRefusal) => void
}

/** A tunnel for which the next hop was asked and has not answered yet. */
export class TunnelOpening {
  readonly #parts: TunnelOpeningParts
  readonly #dial: OutgoingDial
  readonly #timer: Timer

  constructor(parts: TunnelOpeningParts) {
    this.#parts = parts
    const { clock, next, timeoutMs } = parts
    this.#timer = clock.setTimer(timeoutMs, () => this.giveUp(TIMED_OUT), { background: true })
    this.#dial = next.link.dial(next.header, {
      onAccepted: (_, stream, initialBytes) => {
        this.#timer.cancel()
        parts.onAccepted(stream, initialBytes)
      },
      onFailed: (_, error) => {
        this.#timer.cancel()
        parts.onFailed(refusalOf(error))
      },
    })
  }

  /** Asks no longer. */
  giveUp(refusal: TunnelRefusal): void {
    if (this.#dial.isFinished) return
    this.#timer.cancel()
    this.#dial.cancel()
    this.#parts.onFailed(refusal)
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
