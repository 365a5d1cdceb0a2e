import type { Clock, Timer } from '@astranet/interface'
import type { DialRequest } from './dial-request.js'
import { hedgeDelayMs } from './hedging.js'

/** @internal The call whose time it is. */
export interface DeadlineHost {
  readonly request: DialRequest
  /** When the node that is asked alone began to be asked, in ms: `undefined` with the call, `Infinity` for none. */
  readonly askedAt: number | undefined
  /** A second node may be asked now. */
  hedge(): void
  timedOut(): void
}

/**
 * The time that a call has: until its deadline, and until a second node is asked. There is one timer at a time. A call
 * that is answered in time sets one and never asks for the time. The timer also keeps the process alive for the call, so
 * it is not in the background.
 */
export class CallDeadline {
  /** The deadline has passed, or there is none yet: the call fails unless a node can be asked at once. */
  isOver = true
  readonly #clock: Clock
  readonly #host: DeadlineHost
  #timer: Timer | undefined = undefined
  #hedgeMs = Infinity
  /** The deadline on the clock; `undefined` before the first time at which a second node could be asked. */
  #endsAt: number | undefined = undefined

  constructor(clock: Clock, host: DeadlineHost) {
    this.#clock = clock
    this.#host = host
  }

  /** The deadline is in `timeoutMs`. */
  start(timeoutMs: number): void {
    this.isOver = false
    this.#timer?.cancel()
    this.#endsAt = undefined
    this.#hedgeMs = hedgeDelayMs(this.#host.request, timeoutMs)
    const restMs = timeoutMs - this.#hedgeMs
    this.#timer =
      restMs > 0
        ? this.#clock.setTimer(this.#hedgeMs, () => this.#mayHedge(restMs))
        : this.#clock.setTimer(timeoutMs, () => this.#end())
  }

  /** Another node is asked alone now. */
  watch(): void {
    if (this.#endsAt === undefined) return
    const now = this.#clock.now()
    const { askedAt = -Infinity } = this.#host
    const hedgesAt = Math.max(now, askedAt + this.#hedgeMs)
    this.#timer?.cancel()
    this.#timer =
      hedgesAt < this.#endsAt
        ? this.#clock.setTimer(hedgesAt - now, () => this.#hedge())
        : this.#clock.setTimer(this.#endsAt - now, () => this.#end())
  }

  /** The call has finished: no timer is set any more. */
  stop(): void {
    this.#endsAt = undefined
    this.#timer?.cancel()
  }

  #mayHedge(restMs: number): void {
    this.#endsAt = this.#clock.now() + restMs
    this.watch()
  }

  #hedge(): void {
    if (this.#endsAt === undefined) return
    this.#timer = this.#clock.setTimer(this.#endsAt - this.#clock.now(), () => this.#end())
    this.#host.hedge()
  }

  #end(): void {
    this.isOver = true
    this.#host.timedOut()
  }
}
