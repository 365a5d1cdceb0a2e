import { resolveLimits } from '@astranet/mux/proto'
import type { LinkOptions } from './link-options.js'

const MAX_TIMEOUT_MS = 0x7fffffff

/** Below it a peer could open its control stream and nothing else. */
const MIN_CONCURRENT_STREAMS = 2

/** `timeoutMs` when it can be a handshake's deadline. Otherwise throws a `RangeError` that names the option. */
export function checkHelloTimeout(timeoutMs: number): number {
  if (Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_MS) return timeoutMs
  throw new RangeError(`helloTimeoutMs must be an integer from 1 to ${MAX_TIMEOUT_MS}, got ${timeoutMs}`)
}

/**
 * Throws a `TypeError` or `RangeError` that names the limit that no session could have: the session itself is made when the
 * peer's bytes arrive, too late to tell the caller.
 */
export function checkSessionOptions(options: LinkOptions['sessionOptions']): void {
  const { maxConcurrentStreams } = resolveLimits(options ?? {})
  if (maxConcurrentStreams >= MIN_CONCURRENT_STREAMS) return
  throw new RangeError(
    `maxConcurrentStreams must be at least ${MIN_CONCURRENT_STREAMS}, got ${maxConcurrentStreams}`,
  )
}
