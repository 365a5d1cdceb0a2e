import { checkBoolean } from '@astranet/interface/check'
import { checkOptions, checkSignal, checkTimeout, type OptionNames } from './check.js'

const DEFAULT_TIMEOUT_MS = 10_000

/** How to join. */
export interface JoinOptions {
  /**
   * How long one attempt to connect to one address may take, and each look-up of addresses, in ms, to 2^31 - 1; 0: as
   * long as the system allows. The handshake after it has its own limit, `helloTimeoutMs` of the node. Default 10,000.
   */
  timeoutMs?: number
  /** Ends the attempt, and later the joining again. A link that exists then stays until the node closes. */
  signal?: AbortSignal
  /**
   * Whether the first attempt is repeated when it fails, as later ones are: then the promise waits until the node is
   * joined, `signal` aborts or this node is closed, and each failure is on the diagnostics channel
   * `astranet:join:failed`. For programs that may start before the node that they join. Default `false`: the promise
   * rejects with the error of the first attempt.
   */
  keepTrying?: boolean
}

/** @internal The options, with defaults. */
export interface CheckedJoinOptions {
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  readonly keepTrying: boolean
}

const JOIN_OPTIONS: OptionNames<JoinOptions> = { timeoutMs: true, signal: true, keepTrying: true }

/** @internal Fills in defaults. Throws a TypeError or RangeError that names the option. */
export function checkJoinOptions(options: JoinOptions): CheckedJoinOptions {
  const {
    timeoutMs = DEFAULT_TIMEOUT_MS,
    signal,
    keepTrying = false,
  } = checkOptions('options', options, JOIN_OPTIONS)
  return {
    timeoutMs: checkTimeout('options.timeoutMs', timeoutMs),
    signal: checkSignal(signal),
    keepTrying: checkBoolean('options.keepTrying', keepTrying),
  }
}
