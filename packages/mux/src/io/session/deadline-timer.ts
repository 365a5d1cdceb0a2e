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

  /** Sets the timer if the next deadline is earlier than before. A later deadline is found when the timer fires. */
  arm(): void {
    const deadline = this.#core.nextDeadline()
    if (deadline >= this.#timerAt || this.#core.isClosing) return
    this.#timer?.cancel()
    this.#timerAt = deadline
    const delayMs = deadline - this.#clock.now()
    this.#timer = this.#clock.setTimer(delayMs, () => this.#fire(), { background: true })
  }

  cancel(): void {
    this.#timer?.cancel()
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
