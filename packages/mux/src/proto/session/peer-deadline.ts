/**
 * A deadline that is noticed this late, in ms, shows that this process did not run; perhaps the peer's did not
 * either.
 */
const STOPPED_MS = 1_000

/**
 * When a peer that does not answer counts as dead: when a ping has been unanswered for the timeout and nothing has
 * moved for as long. A probe has a timeout of its own, until a ping that was sent after its beginning is answered:
 * bytes that waited in the system's buffers while this process did not run prove nothing about now. All times are ms of
 * the session's clock.
 */
export class PeerDeadline {
  readonly #timeoutMs: number
  /** When the last ping became due, or left; `Infinity` when none is awaited. */
  #askedAt = Infinity
  #progressAt: number
  #isExcused = false
  #probeTimeoutMs: number | undefined = undefined

  /** `timeoutMs` 0: never. */
  constructor(timeoutMs: number, now: number) {
    this.#timeoutMs = timeoutMs
    this.#progressAt = now
  }

  /** How long the peer may be silent now, in ms. */
  get timeoutMs(): number {
    return this.#probeTimeoutMs ?? this.#timeoutMs
  }

  /** Whether a probe is running. */
  get isProbing(): boolean {
    return this.#probeTimeoutMs !== undefined
  }

  /** The time of the deadline; `Infinity` when there is none. */
  get at(): number {
    return this.#timeoutMs === 0 ? Infinity : Math.max(this.#askedAt, this.#progressAt) + this.timeoutMs
  }

  /** A ping is to be sent, or has left. */
  asked(at: number): void {
    this.#askedAt = at
  }

  /**
   * A ping was answered: one that was sent after the beginning of the probe, if there is one. `isAwaiting`: another
   * answer is awaited.
   */
  answered(isAwaiting: boolean): void {
    this.#probeTimeoutMs = undefined
    if (!isAwaiting) this.#askedAt = Infinity
  }

  /** Bytes arrived. */
  received(at: number): void {
    this.#progressAt = at
    this.#isExcused = false
  }

  /** The connection, which had been full, has taken bytes of this side. */
  drained(at: number): void {
    this.#progressAt = at
  }

  /** A ping is to be sent, and must be answered within `timeoutMs`. */
  probe(at: number, timeoutMs: number): void {
    this.#probeTimeoutMs = Math.min(timeoutMs, this.#timeoutMs)
    this.#askedAt = at
  }

  /**
   * Whether this process was stopped, so that silence means nothing. Then the peer has the whole time again, once until
   * something arrives.
   */
  excuses(now: number): boolean {
    if (this.#isExcused || now - this.at < STOPPED_MS) return false
    this.#isExcused = true
    this.#progressAt = now
    return true
  }

  /** Time stood still for `ms`. */
  shift(ms: number): void {
    this.#askedAt += ms
    this.#progressAt += ms
  }
}
