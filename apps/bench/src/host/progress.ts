import { SingleBar } from 'cli-progress'

/** Shows the current measurement on stderr: a bar on a terminal, otherwise a line for each measurement. */
export class Progress {
  readonly #bar: SingleBar | undefined
  readonly #total: number
  #count = 0

  /** `total`: the number of measurements. */
  constructor(total: number) {
    this.#total = total
    if (!process.stderr.isTTY) return
    this.#bar = new SingleBar({
      format: ' {bar} {percentage} % of {what}',
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: true,
    })
  }

  /** A measurement begins. */
  start(what: string): void {
    this.#count += 1
    this.#bar?.start(100, 0, { what: `${what} (${this.#count} of ${this.#total})` })
  }

  /** Sets the part that is done, from 0 to 1. */
  update(done: number): void {
    this.#bar?.update(Math.round(done * 100))
  }

  /** The measurement has ended. */
  stop(what: string, outcome: string): void {
    this.#bar?.stop()
    process.stderr.write(`${this.#count}/${this.#total} ${what}: ${outcome}\n`)
  }
}
