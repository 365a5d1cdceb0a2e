import { TransportErrorCode } from '@astranet/frame'
import { protocolError, type SessionError } from './errors.js'

/**
 * The sequence numbers of the pings of this side, and the round trips. One ping at a time is measured. Others may be in
 * flight beside it: they only make this side heard.
 */
export class RoundTrips {
  /** The shortest round trip measured, in ms. */
  minMs: number | undefined = undefined
  /** The last round trip measured, in ms. */
  lastMs: number | undefined = undefined
  #sequence = 0
  #answered = 0
  /** The ping of which the round trip is measured, and when it left. */
  #measured = 0
  #sentAt = 0
  #isSampleGood = false

  /** Whether the ping that is measured is not answered. */
  get isMeasuring(): boolean {
    return this.#measured > this.#answered
  }

  /** A ping leaves. Returns its sequence number. */
  sent(at: number): number {
    const isMeasured = !this.isMeasuring
    this.#sequence += 1
    if (isMeasured) {
      this.#measured = this.#sequence
      this.#sentAt = at
      this.#isSampleGood = true
    }
    return this.#sequence
  }

  /**
   * The answer to a ping arrived. Returns the round trip in ms; `'no-sample'` when it cannot be used, or another ping is
   * measured; `undefined` for an answer that is not awaited; or the error.
   */
  answered(sequence: number, now: number): number | 'no-sample' | SessionError | undefined {
    if (sequence > this.#sequence) {
      const message = `QX_PING answer ${sequence}, but the last ping sent was ${this.#sequence}`
      return protocolError(TransportErrorCode.PROTOCOL_VIOLATION, message)
    }
    if (sequence <= this.#answered) return undefined
    this.#answered = sequence
    if (!this.#isSampleGood || sequence !== this.#measured) return 'no-sample'
    const rttMs = now - this.#sentAt
    this.lastMs = rttMs
    this.minMs = this.minMs === undefined ? rttMs : Math.min(this.minMs, rttMs)
    return rttMs
  }

  /** The current round trip cannot be used. */
  spoil(): void {
    this.#isSampleGood = false
  }

  /** The pings in flight need no answer any more. */
  abandon(): void {
    this.#answered = this.#sequence
  }
}
