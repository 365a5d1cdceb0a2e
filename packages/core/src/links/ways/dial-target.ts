import type { Connection, DialOptions } from '@astranet/interface'
import type { Target } from './advertised-targets.js'

/** Connects to an advertised address; of a host name only to those IP addresses that may be dialed. */
export function dialTarget(target: Target, options: DialOptions): Promise<Connection> {
  const { transport, network, address, mayConnect } = target
  return transport.dial(network, address, mayConnect === undefined ? options : { ...options, mayConnect })
}
