import { lookup as dnsLookup } from 'node:dns'
import { isIP, type ListenOptions } from 'node:net'
import { canSharePorts } from './bound-socket.js'
import { familyOf, parseTcpAddress, type TcpNetwork } from './address.js'
import type { Network } from './network.js'
import type { TcpOptions } from './options.js'
import { UNIX_NETWORK, unixListenPath } from './unix-address.js'

/**
 * The options of `server.listen` for `address`. Rejects with a `TypeError` or `RangeError` that quotes it, or with
 * the error of resolving its host name.
 */
export async function listenTarget(
  network: Network,
  address: string,
  options: TcpOptions,
): Promise<ListenOptions> {
  const queue = { backlog: options.backlog ?? 511, exclusive: true }
  if (network === UNIX_NETWORK) return { ...queue, path: unixListenPath(address) }
  const { host, port } = parseTcpAddress(network, address)
  const common = { ...queue, ...(options.reusePort === true && canSharePorts() ? { reusePort: true } : {}) }
  if (host !== '') {
    return { ...common, port, host: await resolveHost(network, host, options), ipv6Only: network === 'tcp6' }
  }
  if (network === 'tcp4') return { ...common, port, host: '0.0.0.0' }
  if (network === 'tcp6') return { ...common, port, host: '::', ipv6Only: true }
  // Without a host Node takes both families, or IPv4 alone where there is no IPv6.
  return { ...common, port }
}

/** One address of a host name, of the network's family: a server listens on one. */
function resolveHost(network: TcpNetwork, host: string, { lookup = dnsLookup }: TcpOptions): Promise<string> {
  if (isIP(host) !== 0) return Promise.resolve(host)
  return new Promise((resolve, reject) => {
    lookup(host, { family: familyOf(network), all: false }, (error, found) => {
      if (error !== null) return reject(error)
      resolve(typeof found === 'string' ? found : (found[0]?.address ?? host))
    })
  })
}
