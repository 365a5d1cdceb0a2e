import { checkInteger } from '@astranet/interface/check'
import { checkOptions, checkSignal, checkTimeout, type OptionNames } from '../api/check.js'
import { checkServiceFilter, INSTANCE_FILTER, type InstanceFilter } from './service-filter.js'

/** How long a lookup may take by default, in ms. */
const DEFAULT_LOOKUP_TIMEOUT_MS = 10_000

/** The most instances that can be waited for. */
const MAX_COUNT = 65_536

/** How to resolve a name. */
export interface ResolveOptions extends InstanceFilter {
  /**
   * How long the answer of the network may take, in ms, to 2^31 - 1; 0: fail unless it is here already. Only a leaf, and
   * a node that has just joined, wait at all. Default 10,000.
   */
  timeoutMs?: number
  /** Gives up when aborted: the promise rejects with the signal's reason. */
  signal?: AbortSignal
}

/** How to wait for a service. */
export interface WaitForOptions extends InstanceFilter {
  /** How many instances have to be there at the same time, 1 to 65,536. Default 1. */
  count?: number
  /** How long to wait, in ms, to 2^31 - 1; 0: fail unless they are there already. Default 10,000. */
  timeoutMs?: number
  /** Gives up when aborted: the promise rejects with the signal's reason. */
  signal?: AbortSignal
}

/** @internal The options of a lookup, with defaults. */
export interface CheckedLookupOptions {
  readonly filter: InstanceFilter
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

const RESOLVE_OPTIONS: OptionNames<ResolveOptions> = { ...INSTANCE_FILTER, timeoutMs: true, signal: true }
const WAIT_FOR_OPTIONS: OptionNames<WaitForOptions> = { ...RESOLVE_OPTIONS, count: true }

/** @internal Fills in defaults. Throws a TypeError or RangeError that names the option. */
export function checkResolveOptions(options: ResolveOptions): CheckedLookupOptions {
  return checkedLookup(checkOptions('options', options, RESOLVE_OPTIONS))
}

function checkedLookup(options: ResolveOptions): CheckedLookupOptions {
  const { port, tags, zone, timeoutMs = DEFAULT_LOOKUP_TIMEOUT_MS, signal } = options
  const filter: InstanceFilter = {
    ...(port === undefined ? {} : { port }),
    ...(tags === undefined ? {} : { tags }),
    ...(zone === undefined ? {} : { zone }),
  }
  return {
    filter: checkServiceFilter(filter, 'options'),
    timeoutMs: checkTimeout('options.timeoutMs', timeoutMs),
    signal: checkSignal(signal),
  }
}

/** @internal Likewise. */
export function checkWaitForOptions(
  options: WaitForOptions,
): CheckedLookupOptions & { readonly count: number } {
  const { count = 1 } = checkOptions('options', options, WAIT_FOR_OPTIONS)
  const checked = checkedLookup(options)
  return { ...checked, count: checkInteger('options.count', count, { min: 1, max: MAX_COUNT }) }
}
