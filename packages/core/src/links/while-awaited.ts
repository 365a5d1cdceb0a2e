import { onAbort, type Clock } from '@astranet/interface'
import type { Catalogue } from '@astranet/registry'

/** What waiting for the catalogue needs. */
export interface WhileAwaitedParts {
  readonly catalogue: Pick<Catalogue, 'watchGraph'>
  readonly clock: Clock
  /** How long callers wait, in ms. */
  readonly patienceMs: number
}

/**
 * Resolves, never rejects: when `isAwaited` does not hold any more, which is looked at when nodes or links change, when
 * it took too long, or when `signal` aborts.
 */
export function whileAwaited(
  isAwaited: () => boolean,
  { catalogue, clock, patienceMs }: WhileAwaitedParts,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve) => {
    if (!isAwaited() || signal?.aborted === true) return resolve()
    const done = (): void => {
      timer.cancel()
      unwatch()
      ignoreSignal()
      resolve()
    }
    const timer = clock.setTimer(patienceMs, done)
    const unwatch = catalogue.watchGraph(() => void (isAwaited() || done()))
    const ignoreSignal = onAbort(signal, done)
  })
}
