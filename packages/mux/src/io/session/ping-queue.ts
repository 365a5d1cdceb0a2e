import { Waiters } from '@astranet/interface'
import type { Liveness } from '../../proto/session/liveness.js'

/**
 * Callers of `ping`. One ping is in flight at a time; a caller that comes meanwhile waits for the next one, so that the
 * round trip begins after the call.
 */
export class PingQueue {
  #current = new Waiters<undefined, number>()
  #next = new Waiters<undefined, number>()

  /** Resolves with the round trip of a ping that leaves after this call. */
  add(liveness: Liveness, now: number): Promise<number> {
    const waiters = liveness.isPingInFlight ? this.#next : this.#current
    liveness.requestPing(now)
    return waiters.wait(undefined, undefined)
  }

  /** A ping was answered; without a round trip it has to be repeated. Returns whether another ping is needed. */
  answered(rttMs: number | undefined): boolean {
    if (rttMs !== undefined) {
      this.#current.serve(() => rttMs)
      const { size } = this.#next
      ;[this.#current, this.#next] = [this.#next, this.#current]
      return size > 0
    }
    return this.#current.size + this.#next.size > 0
  }

  fail(error: Error): void {
    this.#current.fail(error)
    this.#next.fail(error)
  }
}
