/** How often the line is written anew, ms. */
const INTERVAL_MS = 500

/** Nothing is shown for what takes less, ms. */
const QUIET_MS = 2_000

/** One line on a terminal that says how far something is. Nothing at all where stderr is not a terminal. */
export class Progress {
  readonly #what: string
  readonly #total: number
  readonly #startedAt = performance.now()
  #shownAt = 0

  constructor(what: string, total: number) {
    this.#what = what
    this.#total = total
  }

  /** `done` of the total are done. Cheap: call it as often as you like. */
  update(done: number, detail = ''): void {
    if (!process.stderr.isTTY || (done & 15) !== 0) return
    const now = performance.now()
    if (now - this.#startedAt < QUIET_MS || now - this.#shownAt < INTERVAL_MS) return
    this.#shownAt = now
    const rate = Math.round((done * 1_000) / (now - this.#startedAt))
    const percent = Math.floor((100 * done) / this.#total)
    process.stderr.write(`\r\x1b[K${percent} %: ${done} of ${this.#total} ${this.#what}, ${rate}/s ${detail}`)
  }

  /** Takes the line away. */
  clear(): void {
    if (process.stderr.isTTY && this.#shownAt > 0) process.stderr.write('\r\x1b[K')
  }
}
