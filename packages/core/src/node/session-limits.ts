import type { SessionLimits } from '@astranet/mux'
import { resolveLimits } from '@astranet/mux/proto'
import { invalidArgument, invalidType, outOfRange, suggestion } from '@astranet/interface/check'
import { withinOption } from '../api/within-option.js'

/** One stream of the link, one of the peer's registry, and one for a dial of the peer. */
const MIN_CONCURRENT_STREAMS = 3

/**
 * The limits, if each is known and in range. They are checked here because a wrong one would otherwise fail when the
 * first peer connects. Throws a TypeError or RangeError that names the option.
 */
export function checkSessionLimits(limits: SessionLimits | undefined): SessionLimits {
  if (limits === undefined) return {}
  if (typeof limits !== 'object' || limits === null) {
    throw invalidType('options.sessionLimits', 'of type object', limits)
  }
  // The node sets the shared budget itself.
  const { memoryBudget: _budget, ...known } = resolveLimits({})
  const unknown = Object.keys(limits).find((name) => !Object.hasOwn(known, name))
  if (unknown !== undefined) {
    const reason = `is not an option${suggestion(unknown, Object.keys(known))}`
    throw invalidArgument(`options.sessionLimits.${unknown}`, reason)
  }
  const { maxConcurrentStreams } = resolve(limits)
  if (maxConcurrentStreams >= MIN_CONCURRENT_STREAMS) return limits
  throw outOfRange(
    'options.sessionLimits.maxConcurrentStreams',
    `at least ${MIN_CONCURRENT_STREAMS}`,
    maxConcurrentStreams,
  )
}

function resolve(limits: SessionLimits): Required<SessionLimits> {
  return withinOption('options.sessionLimits', () => resolveLimits(limits))
}
