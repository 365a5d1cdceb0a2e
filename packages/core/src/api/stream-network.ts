import { invalidValue } from '@astranet/interface/check'
import type { DialScope } from './dial-options.js'

/**
 * The names that the first argument of `dial` and `bind` may have. They all mean the same network: programs of the Go
 * package, and its HTTP client, name TCP.
 */
const STREAM_NETWORKS = ['', 'astra', 'tcp', 'tcp4', 'tcp6']

/** `registry://KEY`: the instance of a service is chosen by the key. */
const BY_KEY = 'registry://'

/** The address is `name:vport`: the instance is chosen by the virtual port, which is not that of the service. */
const BY_PORT = 'vport2registry'

/** The networks as errors list them. */
const LISTED = STREAM_NETWORKS.map((name) => `'${name}'`).join(', ')

/** Throws a TypeError unless `network` is a network of `bind`. */
export function checkStreamNetwork(network: string): void {
  if (STREAM_NETWORKS.includes(network)) return
  throw invalidValue('network', `must be one of: ${LISTED}`, network)
}

/**
 * How names are dialed on `network`: as in `scope`, with the network's own choice of the instance. Throws a TypeError
 * unless it is a network of `dial`.
 */
export function scopeOfNetwork(network: string, scope: DialScope): DialScope {
  if (STREAM_NETWORKS.includes(network)) return scope
  if (network === BY_PORT) return { ...scope, isPortKey: true }
  if (typeof network === 'string' && network.startsWith(BY_KEY) && network.length > BY_KEY.length)
    return { ...scope, ringKey: network.slice(BY_KEY.length) }
  throw invalidValue('network', `must be one of: ${LISTED}, '${BY_KEY}KEY', '${BY_PORT}'`, network)
}
