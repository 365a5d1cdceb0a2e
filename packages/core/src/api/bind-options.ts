import type { ServiceHealth } from '@astranet/registry'
import type { RemoteIdentity } from '../links/remote-identity.js'
import type { HealthOptions } from '../health/health-options.js'
import { checkOptions, type OptionNames } from './check.js'
import { SERVICE_FACTS, type ServiceFacts } from './service-facts.js'
import { SOCKET_OPTIONS, type SocketOptions } from './socket-options.js'

/**
 * How to bind. What is published with a service (`ServiceFacts`) is only for binds by a name: without one it is a
 * TypeError. The socket options apply to each accepted socket, as for `net.Server`. In browsers they have no effect,
 * because the two directions of a pair of Web Streams always end separately.
 */
export interface BindOptions extends SocketOptions, Omit<ServiceFacts, 'health'> {
  /**
   * How the health of the service is found out, or its fixed health. With a check the service counts as passing until
   * the first result; each change is published with it, and on the diagnostics channel `astranet:health:changed` with
   * its reason. The check ends with the listener and keeps no process alive. A service that fails stays listed, and is
   * chosen only when all instances of its name fail. Default `'passing'`.
   */
  health?: ServiceHealth | HealthOptions
  /**
   * How many streams may wait to be accepted, 1 to 2^31 - 1. At the limit, streams that their dialers have given up are
   * dropped; if there are none, new ones are refused (`ECONNREFUSED` at the dialer). Default 65,536.
   */
  backlog?: number
  /**
   * Which peers may dial it. Called for each dial that the policy allows, before anything is accepted, also for dials
   * of this node itself; in the async context of `bind`. With `false` the dialer gets `EACCES`. It must answer at once,
   * with a boolean: an error that it throws, and any other value, are an uncaught exception, and the dial is refused.
   * Default: every peer that the policy allows.
   */
  allow?: (peer: RemoteIdentity) => boolean
  /** Aborting it closes the listener, as for `net.Server`. */
  signal?: AbortSignal
}

const BIND_OPTIONS: OptionNames<BindOptions> = {
  ...SOCKET_OPTIONS,
  ...SERVICE_FACTS,
  backlog: true,
  allow: true,
  signal: true,
}

/** @internal `options` when `bind` knows all of them. Otherwise throws a TypeError that names the one it does not. */
export function checkBindNames(options: BindOptions, name = 'options'): BindOptions {
  return checkOptions(name, options, BIND_OPTIONS)
}
