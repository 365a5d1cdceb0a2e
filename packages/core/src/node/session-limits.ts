import type { SessionLimits } from '@astranet/mux'
import { resolveLimits } from '@astranet/mux/proto'

/** One stream of the link, one of the peer's registry, and one for a dial of the peer. */
const MIN_CONCURRENT_STREAMS = 3

/**
 * The limits, if each is known and in range. They are checked here because a wrong one would otherwise fail when the
 * first peer connects. Throws a TypeError or RangeError that names the option.
 */
export function checkSessionLimits(limits: SessionLimits | undefined): SessionLimits {
  if (limits === undefined) return {}
  if (typeof limits !== 'object' || limits === null) {
    throw new TypeError(`sessionLimits must be an object, got ${limits === null ? 'null' : typeof limits}`)
  }
  // The node sets the shared budget itself.
  const { memoryBudget: _budget, ...known } = resolveLimits({})
  const unknown = Object.keys(limits).find((name) => !Object.hasOwn(known, name))
  if (unknown !== undefined) throw new TypeError(`sessionLimits.${unknown} is not an option`)
  const { maxConcurrentStreams } = resolve(limits)
  if (maxConcurrentStreams >= MIN_CONCURRENT_STREAMS) return limits
  throw new RangeError(
    `sessionLimits.maxConcurrentStreams must be at least ${MIN_CONCURRENT_STREAMS}, got ${maxConcurrentStreams}`,
  )
}

function resolve(limits: SessionLimits): Required<SessionLimits> {
  try {
    return resolveLimits(limits)
  } catch (error) {
    if (error instanceof Error) error.message = `sessionLimits.${error.message}`
    throw error
  }
}
