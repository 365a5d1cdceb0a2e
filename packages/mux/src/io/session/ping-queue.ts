import { Waiters } from '@astranet/interface'
import type { Liveness } from '../../proto/session/liveness.js'

/**
 * Callers of `ping`. One ping is under way at a time: who asks meanwhile waits for the next one, so that the round trip
 * begins after the call.
 */
export class PingQueue {
  #asked = new Waiters<undefined, number>()
  #next = new Waiters<undefined, number>()

  /** Resolves with the round trip of a ping that leaves after this call. */
  ask(liveness: Liveness, now: number): Promise<number> {
    const waiters = liveness.isPingInFlight ? this.#next : this.#asked
    liveness.requestPing(now)
    return waiters.wait(undefined, undefined)
  }

  /** A ping was answered; without a round trip it has to be asked again. Returns whether another ping is wanted. */
  answered(rttMs: number | undefined): boolean {
    if (rttMs !== undefined) {
      this.#asked.serve(() => rttMs)
      const { size } = this.#next
      ;[this.#asked, this.#next] = [this.#next, this.#asked]
      return size > 0
    }
    return this.#asked.size + this.#next.size > 0
  }

  fail(error: Error): void {
    this.#asked.fail(error)
    this.#next.fail(error)
  }
}
