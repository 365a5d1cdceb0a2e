/** How many attempts to connect begin in a second. */
export const SYNS_PER_SECOND = 1_000

/** How often the pacer begins some, in ms. */
const TICK_MS = 10

/** Calls a function at a steady rate, {@link SYNS_PER_SECOND}; what a late timer missed is not made up for. */
export class Pacer {
  readonly #timer: NodeJS.Timeout

  /** `step` says whether it did something; after false nothing more follows in this tick. */
  constructor(step: () => boolean) {
    const tick = (): void => {
      for (let i = 0; i < (SYNS_PER_SECOND * TICK_MS) / 1_000; i++) if (!step()) return
    }
    this.#timer = setInterval(tick, TICK_MS)
    tick()
  }

  /** Calls no more. Idempotent. */
  stop(): void {
    clearInterval(this.#timer)
  }
}
