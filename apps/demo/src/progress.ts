import { SingleBar } from 'cli-progress'

/** A progress bar on a terminal; nothing on other outputs. */
export class Progress {
  readonly #stream: NodeJS.WriteStream
  #bar: SingleBar | undefined = undefined

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  /** Shows a new bar of `total` steps. */
  start(title: string, total: number): void {
    this.stop()
    if (!this.#stream.isTTY) return
    this.#bar = new SingleBar({
      stream: this.#stream,
      format: `${title.padEnd(20)} {bar} {percentage}% | {value} of {total}`,
      barCompleteChar: '#',
      barIncompleteChar: '.',
      barsize: 30,
      hideCursor: false,
      clearOnComplete: true,
    })
    this.#bar.start(total, 0)
  }

  /** Sets the bar to `done` steps. */
  update(done: number): void {
    this.#bar?.update(done)
  }

  /** Removes the bar. Idempotent. */
  stop(): void {
    this.#bar?.stop()
    this.#bar = undefined
  }
}
