import { checkInteger } from '@astranet/interface/check'
import { resolveLimits } from '@astranet/mux/proto'
import type { LinkSessionOptions } from './link-options.js'

const MAX_TIMEOUT_MS = 0x7fffffff

/** With fewer a peer could open its control stream and nothing else. */
const MIN_CONCURRENT_STREAMS = 2

/** `timeoutMs` when it can be a handshake's deadline. Otherwise throws an error that names the option. */
export function checkHelloTimeout(timeoutMs: number): number {
  return checkInteger('helloTimeoutMs', timeoutMs, { min: 1, max: MAX_TIMEOUT_MS })
}

/**
 * Throws a `TypeError` or `RangeError` that names a limit which no session can have. The session itself is made when
 * the peer's bytes arrive, too late to throw to the caller.
 */
export function checkSessionOptions(options: LinkSessionOptions | undefined): void {
  const { maxConcurrentStreams } = resolveLimits(options ?? {})
  if (maxConcurrentStreams >= MIN_CONCURRENT_STREAMS) return
  throw new RangeError(
    `maxConcurrentStreams must be at least ${MIN_CONCURRENT_STREAMS}, got ${maxConcurrentStreams}`,
  )
}
