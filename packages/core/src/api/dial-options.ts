import type { Selector } from '@astranet/registry'
import { checkOptions, checkSignal, checkTimeout } from './check.js'
import { checkSocketOptions, type CheckedSocketOptions, type SocketOptions } from './socket-options.js'

/** How long a dial may take unless told otherwise, in ms. */
export const DEFAULT_DIAL_TIMEOUT_MS = 10_000

/** How to dial. The options of sockets have no effect in browsers. */
export interface DialOptions extends SocketOptions {
  /**
   * How long an unknown name may stay unknown and an answer outstanding, in ms, to 2^31 - 1; 0: what is not known now
   * fails at once (an answer still has the default time). Default 10,000.
   */
  timeoutMs?: number
  /** Gives up when aborted: the promise rejects with the signal's reason. A socket that is there stays. */
  signal?: AbortSignal
  /** Picks among several instances of a service. Default: one after the other. */
  selector?: Selector
  /** What the selector may go by, for example a user's name, so that one user meets one instance. */
  key?: string
}

/** @internal Which names a dial sees. */
export interface DialScope {
  readonly environment: string
  /** Whether this node's own services count. */
  readonly hasLoopBack: boolean
  /** Whether a name that is not known stands for the service whose name a URL writes so. */
  readonly hasUrlNames?: boolean
}

/** @internal The options, with defaults. */
export interface CheckedDialOptions {
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  readonly selector: Selector | undefined
  readonly key: string | undefined
  readonly socketOptions: CheckedSocketOptions
}

/** @internal Fills in defaults. Throws a TypeError or RangeError that names the option. */
export function checkDialOptions(options: DialOptions): CheckedDialOptions {
  const { timeoutMs = DEFAULT_DIAL_TIMEOUT_MS, signal, selector, key } = checkOptions(options)
  if (selector !== undefined && typeof selector !== 'function')
    throw new TypeError('selector must be a function')
  if (key !== undefined && typeof key !== 'string') throw new TypeError('key must be a string')
  return {
    timeoutMs: checkTimeout('timeoutMs', timeoutMs),
    signal: checkSignal(signal),
    selector,
    key,
    socketOptions: checkSocketOptions(options),
  }
}
