import { SingleBar } from 'cli-progress'

/** Shows on stderr what is measured: a bar on a terminal, otherwise a line for each measurement. */
export class Progress {
  readonly #bar: SingleBar | undefined
  readonly #total: number
  #count = 0

  /** `total`: how many measurements there will be. */
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

  /** So much of it is done, from 0 to 1. */
  update(done: number): void {
    this.#bar?.update(Math.round(done * 100))
  }

  /** It is over. */
  stop(what: string, outcome: string): void {
    this.#bar?.stop()
    process.stderr.write(`${this.#count}/${this.#total} ${what}: ${outcome}\n`)
  }
}
