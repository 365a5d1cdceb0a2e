import { lookup as dnsLookup } from 'node:dns'
import {
  createServer,
  isIP,
  type AddressInfo,
  type ListenOptions as NodeListenOptions,
  type Server,
} from 'node:net'
import type { ListenOptions, TransportListener } from '@astranet/interface'
import { familyOf, formatTcpAddress, parseTcpAddress, type TcpAddress, type TcpNetwork } from './address.js'
import { connectionOf } from './connection.js'
import { socketOptions, type TcpOptions } from './options.js'

/** Listens on `address`. Errors as {@link Transport.listen} says. */
export async function listenTcp(
  network: TcpNetwork,
  address: string,
  options: TcpOptions,
  { onConnection, onError }: ListenOptions,
): Promise<TransportListener> {
  const parsed = parseTcpAddress(network, address)
  if (typeof onConnection !== 'function') throw new TypeError('options.onConnection must be a function')
  const target = await listenOptions(network, parsed, options)
  // Nothing is read before the connection has a handler.
  const server = createServer({ ...socketOptions(options), pauseOnConnect: true }, (socket) =>
    onConnection(connectionOf(socket)),
  )
  await started(server, target)
  server.on('error', (error) => onError?.(error))
  return new TcpListener(network, server)
}

class TcpListener implements TransportListener {
  readonly network: string
  readonly address: string
  readonly #server: Server

  constructor(network: string, server: Server) {
    const { address, port } = server.address() as AddressInfo
    this.network = network
    this.address = formatTcpAddress(address, port)
    this.#server = server
  }

  async close(): Promise<void> {
    // The address is free when this returns; the callback would wait for the connections too.
    if (this.#server.listening) this.#server.close()
  }
}

function started(server: Server, target: NodeListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(target, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function listenOptions(
  network: TcpNetwork,
  { host, port }: TcpAddress,
  options: TcpOptions,
): Promise<NodeListenOptions> {
  const common = { port, backlog: options.backlog ?? 511, exclusive: true }
  if (host !== '')
    return { ...common, host: await resolveHost(network, host, options), ipv6Only: network === 'tcp6' }
  if (network === 'tcp4') return { ...common, host: '0.0.0.0' }
  if (network === 'tcp6') return { ...common, host: '::', ipv6Only: true }
  // Without a host Node takes both families, or IPv4 alone where there is no IPv6.
  return common
}

/** A host name as an address of the network's family: a server listens on one. */
function resolveHost(network: TcpNetwork, host: string, { lookup = dnsLookup }: TcpOptions): Promise<string> {
  if (isIP(host) !== 0) return Promise.resolve(host)
  return new Promise((resolve, reject) => {
    lookup(host, { family: familyOf(network), all: false }, (error, found) => {
      if (error !== null) return reject(error)
      resolve(typeof found === 'string' ? found : (found[0]?.address ?? host))
    })
  })
}
