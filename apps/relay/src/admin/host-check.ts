import { isIP } from 'node:net'
import { isLoopback } from '@astranet/interface/transport-tools'

/**
 * Whether a request to a server on a loopback address may be answered, by its `Host`. A page in a browser on this machine
 * can make its own name resolve to 127.0.0.1 and would then read what this server says (DNS rebinding); such a request
 * carries that name. Addresses and `localhost` cannot be taken over that way.
 */
export function isHostAllowed(host: string | undefined): boolean {
  if (host === undefined) return false
  const name = host.replace(/:\d{1,5}$/, '').replace(/^\[(.*)\]$/, '$1')
  return isIP(name) !== 0 || isLoopback(name)
}
