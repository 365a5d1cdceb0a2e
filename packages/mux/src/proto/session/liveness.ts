import { protocolError, type SessionError } from './errors.js'
import { TransportErrorCode } from '@astranet/frame'

/** Settings of {@link Liveness}; see the options of the same names. */
export interface LivenessOptions {
  readonly keepAliveIntervalMs: number
  readonly deadPeerTimeoutMs: number
  readonly recordTimeoutMs: number
  readonly random: () => number
}

/** Which deadline has passed: the session ends. */
export type LivenessVerdict = 'idle' | 'dead' | 'stuck-record'

const JITTER = 0.2

/**
 * The pings that a session begins with, one after the other: the first round trips run cold code, which takes up to ten
 * times as long as the path.
 */
const FIRST_PINGS = 5

/** A deadline that is noticed this late, in ms, shows that this process did not run; perhaps the peer's did not either. */
const STOPPED_MS = 1_000

/**
 * Whether the peer is alive. Two clocks, as in the draft:
 *
 * - idle timeout (section "Idle Timeout"): no record completely sent or received for the negotiated time;
 * - dead peer: a QX_PING unanswered for `deadPeerTimeoutMs` from when it left our buffer; bytes that arrive and bytes
 *   that the connection takes postpone it. A ping is sent every 80 to 100 % of `keepAliveIntervalMs`.
 *
 * A third clock is for a record that began and does not end. All times are ms of the session's clock.
 */
export class Liveness {
  /** The shortest round trip measured, in ms. */
  minRttMs: number | undefined = undefined
  /** The last round trip measured, in ms. */
  lastRttMs: number | undefined = undefined
  /** A QX_PING is to be sent. */
  isPingDue = false
  /** An answer to the peer's pings is to be sent: one for all that arrived (section "QX_PING Frames"). */
  isPongDue = false
  /** Negotiated; 0 is none. */
  idleTimeoutMs = 0

  readonly #options: LivenessOptions
  #peerHigh = -1
  #peerLow = -1
  #sequence = 0
  #answered = 0
  #pingSentAt = 0
  /** Whether the current round trip can be used: not when the pipe was suspended meanwhile. */
  #isSampleGood = false
  #nextPingAt = Infinity
  #pingDueAt = Infinity
  #progressAt: number
  #recordAt: number
  #recordBegunAt = Infinity
  #suspendedAt: number | undefined = undefined
  #isExcused = false

  constructor(options: LivenessOptions, now: number) {
    this.#options = options
    this.#progressAt = now
    this.#recordAt = now
    this.#planPing(now)
  }

  /** The sequence number to answer with, as its high 30 and low 32 bits. */
  get pongHigh(): number {
    return this.#peerHigh
  }
  get pongLow(): number {
    return this.#peerLow
  }

  /** Whether a ping was sent and not answered. */
  get isPingInFlight(): boolean {
    return this.#sequence > this.#answered
  }

  /** A ping is to be sent, unless one is due or in flight. */
  requestPing(now: number): void {
    if (this.isPingInFlight || this.isPingDue) return
    this.isPingDue = true
    this.#pingDueAt = this.#time(now)
  }

  /** The ping that is due was put in a record. Returns its sequence number. */
  pingSent(now: number): number {
    this.isPingDue = false
    this.#sequence += 1
    this.#pingSentAt = this.#time(now)
    this.#isSampleGood = this.#suspendedAt === undefined
    this.#planPing(this.#pingSentAt)
    return this.#sequence
  }

  /** Bytes arrived. `isInsideRecord`: the last record is not complete yet. */
  received(now: number, isInsideRecord: boolean): void {
    this.#progressAt = this.#time(now)
    this.#isExcused = false
    if (!isInsideRecord) this.#recordBegunAt = Infinity
    else if (this.#recordBegunAt === Infinity) this.#recordBegunAt = this.#progressAt
  }

  /** A record was completely received. */
  recordReceived(now: number): void {
    this.#recordAt = this.#time(now)
    this.#recordBegunAt = Infinity
  }

  /** A record was completely sent. */
  recordSent(now: number): void {
    this.#recordAt = this.#time(now)
  }

  /** The connection has taken bytes of this side. */
  drained(now: number): void {
    this.#progressAt = this.#time(now)
  }

  /** QX_PING arrived. Its sequence number must be larger than the last one's (section "QX_PING Frames"). */
  pingReceived(high: number, low: number): SessionError | undefined {
    const isLarger = high > this.#peerHigh || (high === this.#peerHigh && low > this.#peerLow)
    if (!isLarger) {
      const message = 'QX_PING with a sequence number that is not larger than the one before'
      return protocolError(TransportErrorCode.PROTOCOL_VIOLATION, message)
    }
    this.#peerHigh = high
    this.#peerLow = low
    this.isPongDue = true
    return undefined
  }

  /**
   * QX_PING's answer arrived. Returns the round trip in ms; `'no-sample'` when the pipe was suspended meanwhile;
   * `undefined` for a repeated answer; or the error.
   */
  pongReceived(high: number, low: number, now: number): number | 'no-sample' | SessionError | undefined {
    const sequence = high * 0x1_0000_0000 + low
    if (sequence > this.#sequence) {
      const message = `QX_PING answer ${sequence}, but the last ping sent was ${this.#sequence}`
      return protocolError(TransportErrorCode.PROTOCOL_VIOLATION, message)
    }
    if (sequence <= this.#answered) return undefined
    this.#answered = sequence
    this.#pingDueAt = Infinity
    if (!this.#isSampleGood) return 'no-sample'
    const rttMs = now - this.#pingSentAt
    this.lastRttMs = rttMs
    this.minRttMs = this.minRttMs === undefined ? rttMs : Math.min(this.minRttMs, rttMs)
    if (sequence < FIRST_PINGS) this.requestPing(now)
    return rttMs
  }

  /** When {@link check} is to be called next; `Infinity` when never. */
  nextDeadline(): number {
    if (this.#suspendedAt !== undefined) return Infinity
    return Math.min(this.#idleAt(), this.#deadAt(), this.#nextPingAt, this.#stuckAt())
  }

  /** Checks the deadlines that have passed; makes a ping due when it is time. */
  check(now: number): LivenessVerdict | undefined {
    if (this.#suspendedAt !== undefined) return undefined
    if (now >= this.#deadAt() && !this.#excuses(now)) return 'dead'
    if (now >= this.#idleAt()) return 'idle'
    if (now >= this.#stuckAt()) return 'stuck-record'
    if (now >= this.#nextPingAt) {
      this.requestPing(now)
      this.#planPing(now)
    }
    return undefined
  }

  /** The pipe lost its connection: time stands still until `resume`, and the current round trip is not a sample. */
  suspend(now: number): void {
    this.#suspendedAt ??= now
    this.#isSampleGood = false
  }

  /** The pipe has its connection back. */
  resume(now: number): void {
    if (this.#suspendedAt === undefined) return
    const pausedMs = now - this.#suspendedAt
    this.#suspendedAt = undefined
    this.#progressAt += pausedMs
    this.#recordAt += pausedMs
    this.#nextPingAt += pausedMs
    this.#pingSentAt += pausedMs
    this.#pingDueAt += pausedMs
    this.#recordBegunAt += pausedMs
  }

  /**
   * Whether this process was stopped, so that silence means nothing. Then the peer has the whole time again, once until
   * something arrives.
   */
  #excuses(now: number): boolean {
    if (this.#isExcused || now - this.#deadAt() < STOPPED_MS) return false
    this.#isExcused = true
    this.#progressAt = now
    return true
  }

  /** While the pipe is suspended no time passes. */
  #time(now: number): number {
    return this.#suspendedAt ?? now
  }

  #planPing(now: number): void {
    const { keepAliveIntervalMs, random } = this.#options
    this.#nextPingAt =
      keepAliveIntervalMs === 0 ? Infinity : now + keepAliveIntervalMs * (1 - JITTER * random())
  }

  #idleAt(): number {
    return this.idleTimeoutMs === 0 ? Infinity : this.#recordAt + this.idleTimeoutMs
  }

  #deadAt(): number {
    const { deadPeerTimeoutMs } = this.#options
    if (deadPeerTimeoutMs === 0 || (!this.isPingInFlight && !this.isPingDue)) return Infinity
    const since = this.isPingDue ? this.#pingDueAt : this.#pingSentAt
    return Math.max(since, this.#progressAt) + deadPeerTimeoutMs
  }

  #stuckAt(): number {
    return this.#options.recordTimeoutMs === 0
      ? Infinity
      : this.#recordBegunAt + this.#options.recordTimeoutMs
  }
}
