import type { Stream } from '@astranet/mux'
import type { Outlet, OutletUser } from './outlet.js'
import type { Turn } from '../proto/tunnel/fair-rounds.js'
import type { CreditUser, PacedCredit } from './paced-credit.js'

/** What one direction of a tunnel joins. */
export interface FlowParts {
  /** Bytes come from here. It has manual credit. */
  readonly source: Stream
  /** And go there. */
  readonly target: Stream
  readonly outlet: Outlet
  /** Whose bytes these are: the account at the side of `source`. */
  readonly origin: Turn
  /** `undefined`: it may send as fast as it can. */
  readonly credit: PacedCredit | undefined
  readonly events: FlowEvents
}

/** What a flow reports. */
export interface FlowEvents {
  /** Bytes have left on the next leg. */
  onForwarded(bytes: number): void
}

/**
 * One direction of a tunnel through this node. It writes to the target no more than the target's credit allows and the
 * outlet gives, and returns credit to the source when bytes have left on the target. So what this node holds of it is
 * at most the source's window.
 *
 * States: *flowing* (bytes are written when they arrive), *waiting* (for its turn at the outlet), *blocked* (for credit
 * of the target), *stopped*. In all but the first the source is paused, and what does not fit waits there.
 */
export class Flow implements OutletUser, CreditUser {
  readonly origin: Turn
  readonly #parts: FlowParts
  /** What may be written in this turn; `undefined` while it is not its turn. */
  #budget: number | undefined = undefined
  /** Whether bytes of the source wait, because they did not fit. */
  #hasMore = false
  #isWaiting = false
  #isStopped = false
  /** How far the target had sent when that was looked at last. */
  #sentAt: number
  /** Written and not sent yet. */
  #unsentBytes = 0
  /** Bytes that have left on the target. */
  forwardedBytes = 0
  /** Sent, and not yet returned to the source as credit. */
  #owedBytes = 0

  constructor(parts: FlowParts) {
    this.#parts = parts
    this.origin = parts.origin
    const { target } = parts
    // What was written before belongs to the answer or the header.
    this.#sentAt = target.sentBytes + target.bufferedBytes
  }

  /** Bytes arrived on the source. What does not fit is put back there. */
  receive(chunk: Uint8Array): void {
    const { source } = this.#parts
    if (this.#isStopped) return
    const allowed = this.#allowedBytes()
    if (chunk.length <= allowed) return this.#write(chunk)
    if (allowed > 0) this.#write(chunk.subarray(0, allowed))
    source.putBack(chunk.subarray(allowed))
    this.#hasMore = true
    if (this.#budget === undefined) this.#waitForTurn()
  }

  pump(maxBytes: number): boolean {
    this.#isWaiting = false
    if (this.#isStopped) return false
    const { source } = this.#parts
    this.#budget = maxBytes
    source.resumeFor(this.#allowedBytes())
    this.#hasMore = source.isPaused
    this.#budget = undefined
    this.#isWaiting = this.#canWait()
    return this.#isWaiting
  }

  /** Bytes may have left on the target, or its peer allows more. */
  progressed(): void {
    const { target, outlet, events } = this.#parts
    const left = target.sentBytes - this.#sentAt
    if (left > 0 && !this.#isStopped) {
      this.#sentAt += left
      this.#unsentBytes -= left
      this.forwardedBytes += left
      this.#owedBytes += left
      outlet.left(left)
      events.onForwarded(left)
      this.#returnCredit()
    }
    this.#waitForTurn()
    outlet.run()
  }

  giveCredit(take: (bytes: number) => number): boolean {
    const bytes = take(this.#owedBytes)
    this.#owedBytes -= bytes
    if (bytes > 0) this.#parts.source.consume(bytes)
    return this.#owedBytes > 0
  }

  /** Nothing is written any more. Idempotent. */
  stop(): void {
    if (this.#isStopped) return
    const { source, outlet, credit } = this.#parts
    this.#isStopped = true
    // The session's credit for them would be lost with the stream.
    source.consume(this.#unsentBytes + this.#owedBytes)
    outlet.left(this.#unsentBytes)
    outlet.leave(this)
    credit?.leave(this)
    outlet.run()
  }

  #allowedBytes(): number {
    const { target, outlet } = this.#parts
    return Math.min(this.#budget ?? outlet.freeBytes, target.sendCredit)
  }

  #returnCredit(): void {
    const { credit } = this.#parts
    if (credit === undefined) this.giveCredit((bytes) => bytes)
    else credit.give(this)
  }

  #write(bytes: Uint8Array): void {
    const { source, target, outlet } = this.#parts
    if (this.#budget !== undefined) this.#budget -= bytes.length
    this.#unsentBytes += bytes.length
    outlet.wrote(bytes.length)
    if (source.isLent) target.writeCopied(bytes)
    else target.write(bytes)
  }

  #waitForTurn(): void {
    if (this.#isWaiting || !this.#canWait()) return
    this.#isWaiting = true
    this.#parts.outlet.wait(this)
  }

  #canWait(): boolean {
    return !this.#isStopped && this.#hasMore && this.#parts.target.sendCredit > 0
  }
}
