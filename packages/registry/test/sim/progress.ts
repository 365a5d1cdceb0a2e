/** How often the line is written anew, ms. */
const INTERVAL_MS = 500

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
    if (!process.stderr.isTTY) return
    const now = performance.now()
    if (now - this.#shownAt < INTERVAL_MS) return
    this.#shownAt = now
    const rate = ((done * 1_000) / (now - this.#startedAt)).toFixed(1)
    const percent = Math.floor((100 * done) / this.#total)
    process.stderr.write(`\r\x1b[K${percent} %: ${done} of ${this.#total} ${this.#what}, ${rate}/s ${detail}`)
  }

  /** Writes a line that says what is being done, where no total is known. */
  note(text: string): void {
    const now = performance.now()
    if (!process.stderr.isTTY || now - this.#shownAt < INTERVAL_MS) return
    this.#shownAt = now
    process.stderr.write(`\r\x1b[K${((now - this.#startedAt) / 1_000).toFixed(0)} s: ${text}`)
  }

  /** Takes the line away. */
  clear(): void {
    if (process.stderr.isTTY && this.#shownAt > 0) process.stderr.write('\r\x1b[K')
  }
}
