import { checkFunction, checkOneOf, checkString } from '@astranet/interface/check'
import type { Selector } from '@astranet/registry'
import { checkObject, checkOptions, checkSignal, checkTimeout, type OptionNames } from './check.js'
import type { DialPath } from '../links/link-path.js'
import {
  checkSocketOptions,
  SOCKET_OPTIONS,
  type CheckedSocketOptions,
  type SocketOptions,
} from './socket-options.js'

/** How long a dial may take by default, in ms. */
export const DEFAULT_DIAL_TIMEOUT_MS = 10_000

/** How to dial. The options of sockets have no effect in browsers. */
export interface DialOptions extends SocketOptions {
  /**
   * How long the dial waits for an unknown name or node, and then for the answer, in ms, to 2^31 - 1; 0: fail at once
   * if the name or the node is unknown (the answer still has the default time). Default 10,000.
   */
  timeoutMs?: number
  /** Gives up when aborted: the promise rejects with the signal's reason. Without effect on a connected socket. */
  signal?: AbortSignal
  /**
   * Picks an instance of a service. It is given those that can be reached, that the policy allows and that have not
   * refused this dial, also when there is only one; failing ones only when all fail; and not those that dials have
   * failed at lately, unless these are more than half. When it returns `undefined`, the dial waits for a change until
   * its deadline, and then fails with `ENOTFOUND`. What it throws, the dial rejects with; it rejects with a TypeError
   * when anything else is returned. Default: at random.
   */
  selector?: Selector
  /**
   * After how many ms without an answer a dial by name asks a second instance, on another node, beside the first. The
   * first answer counts; the other instance sees a connection that is reset at once, without a byte. From 1 to
   * 2^31 - 1; 0: never. Default: a quarter of `timeoutMs`, at least 300; never with a `selector` and on the networks
   * that choose by a hash ring, which pick one instance on purpose. Also not once bytes were sent before the answer
   * (see `connect`): two instances never get the same bytes. Lower it where an idle instance answers at once and
   * another connection costs nothing; 0 where a service must not see a connection twice.
   */
  hedgeAfterMs?: number
  /**
   * A text for the selector, for example a user's name, so that the same instance serves the same user; see `hashRing`.
   */
  key?: string
  /**
   * Which way to the node is allowed: `'direct'`, a connection, `'relay'`, a tunnel through routers, or `'any'`:
   * whichever is there first, and a direct one where both are. Any other value is a TypeError. Without effect on a dial
   * of this node itself. Default `'any'`.
   */
  path?: DialPath
}

/** @internal Which names a dial sees. */
export interface DialScope {
  readonly environment: string
  /** Whether this node's own services can be dialed by name. */
  readonly hasLoopBack: boolean
  /** Whether an unknown name stands for the service whose name a URL writes in this way. */
  readonly hasUrlNames?: boolean
  /** Whether a known name that nobody offers at the port is refused at once, as a host's port is. Default: it waits. */
  readonly refusesOtherPorts?: boolean
  /** The key by which a hash ring picks the instance, unless the options have a key or a selector. */
  readonly ringKey?: string
  /** Whether a hash ring picks the instance by the port of the address, which is not the service's. */
  readonly isPortKey?: boolean
}

/** @internal The options, with defaults. */
export interface CheckedDialOptions {
  readonly timeoutMs: number
  /** `undefined`: the default. */
  readonly hedgeAfterMs: number | undefined
  readonly signal: AbortSignal | undefined
  readonly selector: Selector | undefined
  readonly key: string | undefined
  readonly path: DialPath
  readonly socketOptions: CheckedSocketOptions
}

const DIAL_OPTIONS: OptionNames<DialOptions> = {
  ...SOCKET_OPTIONS,
  timeoutMs: true,
  signal: true,
  selector: true,
  hedgeAfterMs: true,
  key: true,
  path: true,
}

/** @internal `options` when `dial` knows all of them. Otherwise throws a TypeError that names the one it does not. */
export function checkDialNames(options: DialOptions, name = 'options'): DialOptions {
  return checkOptions(name, options, DIAL_OPTIONS)
}

/** @internal Fills in defaults; leaves out what it does not know. Throws a TypeError or RangeError that names the option. */
export function checkDialOptions(options: DialOptions): CheckedDialOptions {
  const {
    timeoutMs = DEFAULT_DIAL_TIMEOUT_MS,
    hedgeAfterMs,
    signal,
    selector,
    key,
    path = 'any',
  } = checkObject('options', options)
  if (selector !== undefined) checkFunction('options.selector', selector)
  if (key !== undefined) checkString('options.key', key)
  return {
    path: checkOneOf('options.path', path, ['direct', 'relay', 'any']),
    timeoutMs: checkTimeout('options.timeoutMs', timeoutMs),
    hedgeAfterMs: hedgeAfterMs === undefined ? undefined : checkTimeout('options.hedgeAfterMs', hedgeAfterMs),
    signal: checkSignal(signal),
    selector,
    key,
    socketOptions: checkSocketOptions(options),
  }
}
