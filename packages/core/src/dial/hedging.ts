import type { CheckedDialOptions } from '../api/dial-options.js'
import type { DialRequest } from './dial-request.js'

/** After which share of its time a dial by name that has no answer asks a second node beside the first. */
export const HEDGE_SHARE = 0.25

/** The shortest such wait, in ms: an answer that comes late over a slow path, or from a busy node, is no failure. */
export const MIN_HEDGE_MS = 300

/**
 * How long a dial waits for an answer before it asks a second node, in ms; `Infinity`: it never does. A selector or a
 * hash ring picks one instance on purpose, so that dial asks another one beside it only when the caller says when.
 */
export function hedgeDelayMs({ address, scope, options }: DialRequest, timeoutMs: number): number {
  const { hedgeAfterMs, selector } = options
  if (address.kind !== 'service' || hedgeAfterMs === 0) return Infinity
  if (hedgeAfterMs !== undefined) return hedgeAfterMs
  const isPicked = selector !== undefined || scope.ringKey !== undefined || scope.isPortKey === true
  return isPicked ? Infinity : Math.max(MIN_HEDGE_MS, timeoutMs * HEDGE_SHARE)
}

/**
 * Whether an instance that answered later than another one, or not at all, counts as one that failed. When a caller
 * hedges early, the slower instance may be healthy.
 */
export function isSlow({ hedgeAfterMs = MIN_HEDGE_MS }: CheckedDialOptions): boolean {
  return hedgeAfterMs >= MIN_HEDGE_MS
}
