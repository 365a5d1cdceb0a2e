import { checkOptions, checkTimeout } from './check.js'

/** How `AstraNet.close` closes a node. */
export interface CloseOptions {
  /**
   * How long open streams may go on, in ms, 0 to 2^31 - 1; those between this node and itself count, too. Meanwhile the
   * node accepts and opens nothing more, and its neighbours do not dial it any more, because they have received a
   * go-away. It closes as soon as no stream is open. Connections of its forwards and publications have the same time.
   * Another `close()` without it ends the wait. Default 0: streams end at once.
   */
  readonly drainMs?: number
}

/** @internal The time that streams may go on. Throws a TypeError or RangeError that names the option. */
export function checkCloseOptions(options: CloseOptions): number {
  const { drainMs = 0 } = checkOptions('options', options, { drainMs: true })
  return checkTimeout('options.drainMs', drainMs)
}
