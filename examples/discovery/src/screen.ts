import type { WriteStream } from 'node:tty'

/** Moves to the start of the line, and erases from there to the end of the screen. */
const ERASE_BELOW = '\r\u001b[J'

/** A text on a terminal that is replaced by the next one. */
export class Screen {
  readonly #output: WriteStream
  /** Rows of the text that is shown. */
  #rows = 0

  constructor(output: WriteStream) {
    this.#output = output
  }

  /** Shows these lines in place of the last ones: as many as fit, each cut at the width of the terminal. */
  show(lines: readonly string[]): void {
    const { columns, rows } = this.#output
    const shown =
      lines.length < rows ? lines : [...lines.slice(0, rows - 2), `... and ${lines.length - rows + 2} more`]
    const up = this.#rows === 0 ? '' : `\u001b[${this.#rows}A`
    this.#output.write(`${up}${ERASE_BELOW}${shown.map((line) => `${line.slice(0, columns)}\n`).join('')}`)
    this.#rows = shown.length
  }
}
