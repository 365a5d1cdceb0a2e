import type { Clock, Timer } from '@astranet/interface'
import type { SessionCore } from '../../proto/session/core.js'

/** The one timer of a session: it calls `timeout` of the core when the core's next deadline has come. */
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
    this.#clock.defer(() => {
      this.#timerAt = Infinity
      const now = this.#clock.now()
      if (now >= this.#core.nextDeadline()) this.#core.timeout(now)
      this.arm()
    })
  }
}
