import { codeOf, messageOf } from '../failure.js'
import type { Logger } from '../log/logger.js'
import type { Ration } from '../log/ration.js'

/** How many codes are counted apart; the rest is `other`. The codes of AstraNet and of Node are fewer. */
export const MAX_CODES = 64

/** Connections that did not become links, by the code of the reason. */
export class Refusals {
  readonly #log: Logger
  readonly #ration: Ration
  readonly #counts = new Map<string, number>()

  constructor(log: Logger, ration: Ration) {
    this.#log = log
    this.#ration = ration
  }

  /** How many there were, by code. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts
  }

  /** Counts one, and logs it if there were not many. */
  note(error: unknown, remoteAddress: string): void {
    const found = codeOf(error) ?? 'other'
    const code = this.#counts.has(found) || this.#counts.size < MAX_CODES ? found : 'other'
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1)
    const more = this.#ration.take(`refused ${code}`)
    if (more === undefined) return
    const from = remoteAddress === '' ? '' : ` from ${remoteAddress}`
    const text = `refused a connection${from}: ${messageOf(error)} (${code})${more}`
    this.#log.warn({ event: 'refused', code, remoteAddress }, text)
  }
}
