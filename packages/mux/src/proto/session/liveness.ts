import { TransportErrorCode } from '@astranet/frame'
import { protocolError, SessionError } from './errors.js'
import { PeerDeadline } from './peer-deadline.js'
import { RoundTrips } from './round-trips.js'

/** Settings of {@link Liveness}; see the options of the same names. */
export interface LivenessOptions {
  readonly keepAliveIntervalMs: number
  readonly deadPeerTimeoutMs: number
  readonly recordTimeoutMs: number
  readonly random: () => number
  /** Whether the pings of this side come first: those of one side are enough. */
  readonly isFirstToPing: boolean
}

/** Which deadline has passed: the session ends. */
export type LivenessVerdict = 'idle' | 'dead' | 'stuck-record'

/** A ping is sent up to this share of the interval sooner, at random: sessions that began together ping apart. */
const JITTER = 0.1

/**
 * The side that pings first does so this share of the interval sooner, so that its pings always take the place of the
 * other side's. A server with very many sessions then only answers, which takes two thirds of the time.
 */
const HEAD_START = 0.1

/**
 * The pings that a session begins with, one after the other: the first round trips run cold code, which takes up to ten
 * times as long as the path.
 */
const FIRST_PINGS = 5

/** After so many intervals a ping is sent in any case: this side measures the round trip, too. */
const MAX_UNMEASURED_INTERVALS = 6

/** A probe lasts at least this multiple of the last round trip: on a full, slow link 2 s may be too short. */
const PROBE_ROUND_TRIPS = 2

/**
 * Whether the peer is alive. Two clocks, as in the draft:
 *
 * - idle timeout (section "Idle Timeout"): no record completely sent or received for the negotiated time;
 * - dead peer: a QX_PING unanswered for `deadPeerTimeoutMs` from when it left our buffer; bytes that arrive, and bytes
 *   that a full connection takes, postpone it. A ping is sent every 90 to 100 % of `keepAliveIntervalMs`, by one of the
 *   sides every 80 to 90 %, unless the peer has sent one meanwhile: the pings of one side show both that the other is
 *   alive. `probe` asks at once and shortens the time, until the peer has answered a ping that was sent after it. While
 *   the answer to a ping is late although bytes arrive, as behind a full buffer, pings go on: otherwise the peer would
 *   hear nothing.
 *
 * A third clock is for a record that began and does not end. All times are ms of the session's clock.
 */
export class Liveness {
  /** A QX_PING is to be sent. */
  isPingDue = false
  /** An answer to the peer's pings is to be sent: one for all that arrived (section "QX_PING Frames"). */
  isPongDue = false
  /** Negotiated; 0 is none. */
  idleTimeoutMs = 0

  readonly #options: LivenessOptions
  #peerHigh = -1
  #peerLow = -1
  readonly #roundTrips: RoundTrips = new RoundTrips()
  readonly #peer: PeerDeadline
  /** Bytes have arrived since the last ping. */
  #hasHeard = false
  #nextPingAt = Infinity
  /** When the last ping left. */
  #pingAt: number
  #recordAt: number
  #recordBegunAt = Infinity
  #suspendedAt: number | undefined = undefined

  constructor(options: LivenessOptions, now: number) {
    this.#options = options
    this.#peer = new PeerDeadline(options.deadPeerTimeoutMs, now)
    this.#recordAt = now
    this.#pingAt = now
    this.#planPing(now)
  }

  /** The shortest round trip measured, in ms. */
  get minRttMs(): number | undefined {
    return this.#roundTrips.minMs
  }
  /** The last round trip measured, in ms. */
  get lastRttMs(): number | undefined {
    return this.#roundTrips.lastMs
  }

  /** The sequence number to answer with, as its high 30 and low 32 bits. */
  get pongHigh(): number {
    return this.#peerHigh
  }
  get pongLow(): number {
    return this.#peerLow
  }

  /** Whether the ping that is measured is not answered. */
  get isPingInFlight(): boolean {
    return this.#roundTrips.isMeasuring
  }

  /** How long the peer may be silent now, in ms. */
  get patienceMs(): number {
    return this.#peer.timeoutMs
  }

  /** A ping is to be sent, unless one is due or in flight. */
  requestPing(now: number): void {
    if (this.isPingInFlight || this.isPingDue) return
    this.isPingDue = true
    this.#peer.asked(this.#time(now))
  }

  /**
   * A ping is to be sent, also when one is in flight, and the peer is dead when it does not answer within `timeoutMs`
   * (two round trips, if that is more; `deadPeerTimeoutMs`, if that is less). Earlier pings need no answer any more.
   * Without effect while a probe is running or the pipe is suspended.
   */
  probe(now: number, timeoutMs: number): void {
    if (this.#suspendedAt !== undefined || this.#peer.isProbing) return
    this.isPingDue = true
    this.#roundTrips.abandon()
    this.#peer.probe(now, Math.max(timeoutMs, PROBE_ROUND_TRIPS * (this.lastRttMs ?? 0)))
  }

  /** The ping that is due was put in a record. Returns its sequence number. */
  pingSent(now: number): number {
    const at = this.#time(now)
    if (!this.isPingInFlight) this.#peer.asked(at)
    this.isPingDue = false
    this.#hasHeard = false
    this.#pingAt = at
    this.#planPing(at)
    const sequence = this.#roundTrips.sent(at)
    if (this.#suspendedAt !== undefined) this.#roundTrips.spoil()
    return sequence
  }

  /** Bytes arrived. `isInsideRecord`: the last record is not complete yet. */
  received(now: number, isInsideRecord: boolean): void {
    const at = this.#time(now)
    this.#peer.received(at)
    this.#hasHeard = true
    if (!isInsideRecord) this.#recordBegunAt = Infinity
    else if (this.#recordBegunAt === Infinity) this.#recordBegunAt = at
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

  /**
   * The connection, which had been full, has taken bytes of this side: the peer's system acknowledged others. That it
   * takes bytes while it is not full says nothing about the peer.
   */
  drained(now: number): void {
    this.#peer.drained(this.#time(now))
  }

  /**
   * QX_PING arrived. Its sequence number must be larger than the last one's (section "QX_PING Frames"). It takes the
   * place of the next ping of this side.
   */
  pingReceived(high: number, low: number, now: number): SessionError | undefined {
    const isLarger = high > this.#peerHigh || (high === this.#peerHigh && low > this.#peerLow)
    if (!isLarger) {
      const message = 'QX_PING with a sequence number that is not larger than the one before'
      return protocolError(TransportErrorCode.PROTOCOL_VIOLATION, message)
    }
    this.#peerHigh = high
    this.#peerLow = low
    this.isPongDue = true
    const at = this.#time(now)
    const isMeasuredLately = at - this.#pingAt < MAX_UNMEASURED_INTERVALS * this.#options.keepAliveIntervalMs
    if (isMeasuredLately) this.#planPing(at)
    return undefined
  }

  /**
   * QX_PING's answer arrived. Returns the round trip in ms; `'no-sample'` when the pipe was suspended meanwhile, or it
   * is not the ping that is measured; `undefined` for an answer that is not awaited; or the error.
   */
  pongReceived(high: number, low: number, now: number): number | 'no-sample' | SessionError | undefined {
    const sequence = high * 0x1_0000_0000 + low
    const result = this.#roundTrips.answered(sequence, now)
    if (result === undefined || result instanceof SessionError) return result
    this.#peer.answered(this.isPingInFlight || this.isPingDue)
    if (result !== 'no-sample' && sequence < FIRST_PINGS) this.requestPing(now)
    return result
  }

  /** When {@link check} is to be called next; `Infinity` when never. */
  nextDeadline(): number {
    if (this.#suspendedAt !== undefined) return Infinity
    return Math.min(this.#idleAt(), this.#peer.at, this.#nextPingAt, this.#stuckAt())
  }

  /** Checks the deadlines that have passed; makes a ping due when it is time. */
  check(now: number): LivenessVerdict | undefined {
    if (this.#suspendedAt !== undefined) return undefined
    if (now >= this.#peer.at && !this.#peer.excuses(now)) return 'dead'
    if (now >= this.#idleAt()) return 'idle'
    if (now >= this.#stuckAt()) return 'stuck-record'
    if (now >= this.#nextPingAt) {
      if (this.isPingInFlight) this.isPingDue ||= this.#hasHeard
      else this.requestPing(now)
      this.#planPing(now)
    }
    return undefined
  }

  /** The pipe lost its connection: time stands still until `resume`, and the current round trip is not a sample. */
  suspend(now: number): void {
    this.#suspendedAt ??= now
    this.#roundTrips.spoil()
  }

  /** The pipe has its connection back. */
  resume(now: number): void {
    if (this.#suspendedAt === undefined) return
    const pausedMs = now - this.#suspendedAt
    this.#suspendedAt = undefined
    this.#peer.shift(pausedMs)
    this.#recordAt += pausedMs
    this.#nextPingAt += pausedMs
    this.#pingAt += pausedMs
    this.#recordBegunAt += pausedMs
  }

  /** While the pipe is suspended no time passes. */
  #time(now: number): number {
    return this.#suspendedAt ?? now
  }

  #planPing(now: number): void {
    const { keepAliveIntervalMs, random, isFirstToPing } = this.#options
    const share = 1 - JITTER * random() - (isFirstToPing ? HEAD_START : 0)
    this.#nextPingAt = keepAliveIntervalMs === 0 ? Infinity : now + keepAliveIntervalMs * share
  }

  #idleAt(): number {
    return this.idleTimeoutMs === 0 ? Infinity : this.#recordAt + this.idleTimeoutMs
  }

  #stuckAt(): number {
    return this.#options.recordTimeoutMs === 0
      ? Infinity
      : this.#recordBegunAt + this.#options.recordTimeoutMs
  }
}
