import { checkOptions, checkTimeout } from './check.js'

const DEFAULT_DEADLINE_MS = 25_000

/** How `AstraNet.drain` closes a node. */
export interface DrainOptions {
  /**
   * How long open streams may go on, in ms, 0 to 2^31 - 1; those that are still open then are reset. Default 25,000:
   * Kubernetes kills a process 30 s after SIGTERM, Docker after 10 s. Choose less than the time that the program has.
   */
  readonly deadlineMs?: number
}

/** @internal The time that streams may go on. Throws a TypeError or RangeError that names the option. */
export function checkDrainOptions(options: DrainOptions): number {
  const { deadlineMs = DEFAULT_DEADLINE_MS } = checkOptions('options', options, { deadlineMs: true })
  return checkTimeout('options.deadlineMs', deadlineMs)
}
