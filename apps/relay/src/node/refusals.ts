import { codeOf, messageOf } from '../failure.js'
import type { Logger } from '../log/logger.js'
import type { Ration } from '../log/ration.js'

/** Logs the connections that became no link. */
export class Refusals {
  readonly #log: Logger
  readonly #ration: Ration

  constructor(log: Logger, ration: Ration) {
    this.#log = log
    this.#ration = ration
  }

  /** Logs one, if there were not many of its code. */
  note(error: unknown, remoteAddress: string): void {
    const code = codeOf(error) ?? 'other'
    const more = this.#ration.take(`refused ${code}`)
    if (more === undefined) return
    const from = remoteAddress === '' ? '' : ` from ${remoteAddress}`
    const text = `refused a connection${from}: ${messageOf(error)} (${code})${more}`
    this.#log.warn({ event: 'refused', code, remoteAddress }, text)
  }
}
