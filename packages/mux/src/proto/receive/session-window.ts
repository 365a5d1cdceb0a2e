import { FLOAT_ZERO } from '../float-zero.js'
import type { MemoryBudget } from './memory-budget.js'
import { WindowTuning, creditStep } from './window-tuning.js'

/** The window every stream begins with, in bytes. First windows are overcommitted: the session's cap bounds them. */
export const FIRST_STREAM_WINDOW_BYTES = 16_384

/** The session's working window begins with this, in bytes. */
const FIRST_SESSION_WINDOW_BYTES = 1024 * 1024

/** The session's window in bandwidth-delay products: the bytes in flight, and the credit for as many more. */
const SESSION_PRODUCTS = 2

/**
 * What a session may have of a shared budget even when others have used it up, in bytes: twice what a sender may
 * reserve for urgency 0. With less, all other streams could wait forever. The first windows of carriers come on top.
 */
export const MIN_SHARE_BYTES = 131_072

/** While one of the session's streams is a carrier, each renewal doubles the working window up to this, in bytes. */
const CARRIER_SESSION_WINDOW_BYTES = 4 * 1024 * 1024

/** The window that every active reader may have, in bytes, as long as the growth pool has room. */
const FAIR_STREAM_WINDOW_BYTES = 256 * 1024

/** The window that a stream tries is at most this multiple of its equal share of the session's window. */
const TRIED_SHARES = 4

/** Credit updates smaller than this are not worth a frame, unless the cap is near. */
const MIN_UPDATE_BYTES = 1_024

/**
 * The part of a step from which on a MAX_DATA is sent with other frames, so that it needs no flush of its own later.
 */
const ALONG_PART = 1 / 2

/** How long a stream counts as an active reader after it renewed its window, in ms. */
const ACTIVE_EPOCH_MS = 1_000

/**
 * Receive flow control of a session (RFC 9000 section 4.1), by these formulas. C is the cap, U the unread bytes held
 * (with what holding them costs), R the bytes received, W the working window:
 *
 *     MAX_DATA = R + min(W, C + F - U), never lowered, so U + outstanding credit <= C + F
 *     sum over streams of max(0, limit - consumed - first window) <= C / 2   (the growth pool)
 *
 * F is the first windows of all carriers together: a carrier is not evicted, so what it leaves unread of its first
 * window takes nothing from other streams. The rest of what carriers hold comes from the growth pool.
 *
 * W follows twice the bandwidth-delay product from 1 MiB to C/2. While there is a carrier, W grows to 4 MiB with use,
 * because the bytes of carriers wait for another connection. Streams' windows follow four times theirs.
 */
export class ReceiveWindow {
  /** C, in bytes. */
  readonly capBytes: number
  /** C / 2: what all streams together may have beyond their first windows, and the maximum of W. */
  readonly poolBytes: number
  /** R: bytes received on all streams, final sizes of reset streams included. */
  received: number = FLOAT_ZERO
  /** Bytes the application has taken or that were discarded. */
  consumed: number = FLOAT_ZERO
  /** What holding the unread bytes costs besides the bytes, in bytes. */
  overheadBytes = 0
  /** The MAX_DATA the peer has (RFC 9000 section 19.9). */
  limit: number = FLOAT_ZERO
  /** Credit that streams hold beyond their first windows. */
  growthBytes: number // see float-zero.ts
  /** F: the first windows of all carriers together, in bytes. */
  carrierBytes = 0

  readonly #budget: MemoryBudget
  readonly #tuning: WindowTuning
  #consumedAtRenewal = FLOAT_ZERO
  #epoch = 0
  #activeReaders = 0
  #formerReaders = 0
  #isClosed = false

  constructor(capBytes: number, budget: MemoryBudget) {
    this.capBytes = capBytes
    this.poolBytes = Math.floor(capBytes / 2)
    this.growthBytes = 0
    this.#budget = budget
    const first = Math.min(FIRST_SESSION_WINDOW_BYTES, this.poolBytes)
    this.#tuning = new WindowTuning(first, 0, SESSION_PRODUCTS)
    this.limit = this.#reserve(first)
  }

  /** U: what unread bytes hold in memory. */
  get unreadBytes(): number {
    return this.received - this.consumed + this.overheadBytes
  }

  /** Unread bytes that take memory from other streams: U without what carriers may leave unread. */
  get contendedBytes(): number {
    return Math.max(0, this.unreadBytes - this.carrierBytes)
  }

  /** Credit the peer has and has not used. */
  get outstandingBytes(): number {
    return this.limit - this.received
  }

  /** W: the credit that the peer should have. */
  get windowBytes(): number {
    return this.#tuning.windowBytes
  }

  /** Lets the peer send at least `bytes` that stay unread. */
  requireAtLeast(bytes: number): void {
    const tuning = this.#tuning
    tuning.minBytes = Math.max(tuning.minBytes, Math.min(2 * bytes, this.poolBytes))
    tuning.windowBytes = Math.max(tuning.windowBytes, tuning.minBytes)
  }

  /** A stream of the session has become a carrier. */
  addCarrier(): void {
    this.carrierBytes += FIRST_STREAM_WINDOW_BYTES
  }

  /** A carrier has ended. After the last one W begins anew, unless the bandwidth-delay product made it larger. */
  removeCarrier(): void {
    this.carrierBytes -= FIRST_STREAM_WINDOW_BYTES
    const tuning = this.#tuning
    if (this.carrierBytes > 0 || tuning.windowBytes > CARRIER_SESSION_WINDOW_BYTES) return
    tuning.windowBytes = Math.min(tuning.windowBytes, tuning.minBytes)
  }

  /** Accounts for `bytes` that arrived. False when the peer had no credit for them (FLOW_CONTROL_ERROR). */
  receive(bytes: number): boolean {
    this.received += bytes
    return this.received <= this.limit
  }

  /** Accounts for `bytes` that were taken or discarded; they return to the budget. */
  consume(bytes: number): void {
    this.consumed += bytes
    if (!this.#isClosed) this.#budget.release(bytes)
  }

  /** Accounts for a change in what holding unread bytes costs. */
  addOverhead(bytes: number): void {
    this.overheadBytes += bytes
    if (this.#isClosed) return
    if (bytes > 0) this.#budget.force(bytes)
    else this.#budget.release(-bytes)
  }

  /** Whether enough credit was used for a MAX_DATA of its own. Called after every arrival and consumption. */
  isUpdateDue(): boolean {
    return this.#isUsed(1)
  }

  /** Whether enough credit was used for a MAX_DATA that goes along with other frames. */
  isUpdateWelcome(): boolean {
    return this.#isUsed(ALONG_PART)
  }

  /**
   * Raises the limit as far as formula and budget allow. Returns whether it was raised. When the budget has not
   * enough room, `whenReleased`, if given, is called once it has room again.
   */
  update(now: number, minRttMs: number | undefined, whenReleased: (() => void) | undefined): boolean {
    this.#tuning.renew(this.consumed - this.#consumedAtRenewal, now, minRttMs, this.poolBytes)
    this.#consumedAtRenewal = this.consumed
    const widest = Math.min(CARRIER_SESSION_WINDOW_BYTES, this.poolBytes)
    if (this.carrierBytes > 0 && this.windowBytes < widest) this.#tuning.grow(widest)
    const missing = this.#target() - this.outstandingBytes
    if (missing <= 0) return false
    const raised = this.#reserve(missing)
    this.limit += raised
    if (raised < missing && whenReleased !== undefined) this.#budget.whenReleased(whenReleased)
    return raised > 0
  }

  /** The largest window that a stream may have now, in bytes, when it holds `growthBytes` of the pool itself. */
  maxStreamWindow(growthBytes: number, now: number): number {
    const fair = Math.max(FAIR_STREAM_WINDOW_BYTES, this.poolBytes / this.#countReader(now))
    const free = this.poolBytes - this.growthBytes + growthBytes
    return FIRST_STREAM_WINDOW_BYTES + Math.max(0, Math.min(fair, free) - FIRST_STREAM_WINDOW_BYTES)
  }

  /**
   * The largest window that a stream may try, in bytes: W, because no more is in flight on all streams together, or
   * four times its share of W, with which it has enough credit whenever its turn comes.
   */
  maxTriedWindow(now: number): number {
    return this.windowBytes * Math.min(1, TRIED_SHARES / this.#countReader(now))
  }

  /** Gives everything back to the budget. Call once, at the session's end. */
  close(whenReleased: () => void): void {
    this.#isClosed = true
    this.#budget.forget(whenReleased)
    this.#budget.release(this.unreadBytes + this.outstandingBytes)
  }

  /** Reserves up to `bytes`: what the budget has room for, and what this session may have in any case. */
  #reserve(bytes: number): number {
    const granted = this.#budget.reserve(bytes)
    const forced = Math.min(bytes, MIN_SHARE_BYTES - this.contendedBytes - this.outstandingBytes) - granted
    if (forced <= 0) return granted
    this.#budget.force(forced)
    return granted + forced
  }

  /** Whether at least `part` of a step of credit was used. */
  #isUsed(part: number): boolean {
    const target = this.#target()
    const outstanding = this.limit - this.received
    const step = part * creditStep(target)
    return target - outstanding >= Math.max(step, Math.min(MIN_UPDATE_BYTES, this.capBytes))
  }

  #target(): number {
    return Math.min(this.windowBytes, this.capBytes - this.contendedBytes)
  }

  /** How many streams renewed their windows in this epoch or the one before; at least 1, for the caller. */
  #countReader(now: number): number {
    const epoch = Math.floor(now / ACTIVE_EPOCH_MS)
    if (epoch !== this.#epoch) {
      this.#formerReaders = epoch === this.#epoch + 1 ? this.#activeReaders : 0
      this.#activeReaders = 0
      this.#epoch = epoch
    }
    return Math.max(this.#activeReaders, this.#formerReaders, 1)
  }

  /** Counts a stream as an active reader of this epoch. `lastEpoch` is what the last call returned for it. */
  markReader(lastEpoch: number, now: number): number {
    this.#countReader(now)
    if (lastEpoch !== this.#epoch) this.#activeReaders += 1
    return this.#epoch
  }
}
