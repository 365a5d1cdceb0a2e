import type { Report } from '../report.js'
import { MAX_REPORTS } from './sync-limits.js'

const NONE: readonly Report[] = Object.freeze([])

/** What waits to be taken by an operator: the newest reports, at most `MAX_REPORTS`. */
export class Reports {
  #waiting: Report[] = []

  /** Adds a report; the oldest makes room for it. */
  add(report: Report): void {
    if (this.#waiting.length === MAX_REPORTS) this.#waiting.shift()
    this.#waiting.push(Object.freeze(report))
  }

  /** See `Catalogue.takeReports`. */
  take(): readonly Report[] {
    if (this.#waiting.length === 0) return NONE
    const taken = this.#waiting
    this.#waiting = []
    return taken
  }
}
