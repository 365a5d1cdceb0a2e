import type { Clock, Timer } from '@astranet/interface'
import type { SessionCore } from '../../proto/session/core.js'

/**
 * A timer that fires this late, in ms, shows that the process or the machine was stopped, or blocked for as long. The
 * peer may have ended the connection meanwhile without a trace here.
 */
const JUMP_MS = 5_000

/** How long the peer then has to answer, in ms. */
export const PROBE_TIMEOUT_MS = 2_000

/**
 * A deadline that moves by this much, in ms, moves the timer, too: a timer that fires for nothing costs more, because
 * the session has left the processor's caches by then. Otherwise the timer stays, since most deadlines move often.
 */
const MOVE_MS = 1_000

/**
 * The one timer of a session: it calls `timeout` of the core when the core's next deadline has come. When it fires far
 * too late, the peer is probed first.
 */
export class DeadlineTimer {
  readonly #clock: Clock
  readonly #core: SessionCore
  #timer: Timer | undefined
  #timerAt = Infinity

  constructor(clock: Clock, core: SessionCore) {
    this.#clock = clock
    this.#core = core
  }

  /** Sets the timer if the next deadline is earlier than before, or much later. */
  arm(): void {
    const deadline = this.#core.nextDeadline()
    const before = this.#timerAt
    if (deadline === before || this.#core.isClosing) return
    if (deadline > before && deadline < before + MOVE_MS) return
    const now = this.#clock.now()
    // One that is late is to fire: it shows that the process was stopped.
    if (deadline > before && now >= before) return
    this.#timer?.cancel()
    this.#timerAt = deadline
    if (deadline !== Infinity) this.#timer = this.#setTimer(deadline - now)
  }

  cancel(): void {
    this.#timer?.cancel()
  }

  #setTimer(delayMs: number): Timer {
    return this.#clock.setTimer(delayMs, () => this.#fire(), { background: true })
  }

  /** What arrived while this process was busy or stopped is read before deadlines are checked: one more turn. */
  #fire(): void {
    const firedAt = this.#clock.now()
    if (firedAt - this.#timerAt >= JUMP_MS) this.#core.probe(firedAt, PROBE_TIMEOUT_MS)
    this.#clock.defer(() => {
      this.#timerAt = Infinity
      const now = this.#clock.now()
      if (now >= this.#core.nextDeadline()) this.#core.timeout(now)
      this.arm()
    })
  }
}
