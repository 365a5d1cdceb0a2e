import { once } from 'node:events'
import { connect, type AddressInfo, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { AstraNet } from '@astranet/core'

/** What the connections of HTTP run on. */
export interface WebCarrier {
  /** The end of the names of its peers. */
  readonly name: string
  readonly note: string
  /** Lets a server that does not listen yet take connections; resolves with the address for {@link dialer}. */
  serve(server: Server): Promise<string>
  /** Opens connections, which may still be connecting. */
  dialer(address: string): Promise<WebDialer>
}

/** The client's side of a carrier. */
export interface WebDialer {
  readonly connect: () => Duplex
  close(): void | Promise<void>
}

/** A TCP connection for each connection of HTTP. */
export const tcpCarrier: WebCarrier = {
  name: 'tcp',
  note: 'a TCP connection for each connection of HTTP',
  async serve(server) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return `127.0.0.1:${(server.address() as AddressInfo).port}`
  },
  dialer(address) {
    const [host = '', port] = address.split(':')
    return Promise.resolve({
      connect: () => connect({ host, port: Number(port), noDelay: true }),
      close: () => undefined,
    })
  },
}

/** A socket of AstraNet for each connection of HTTP, all on one TCP connection. */
export const coreCarrier: WebCarrier = {
  name: 'core',
  note: 'a socket of AstraNet for each connection of HTTP, all on one TCP connection',
  async serve(server) {
    const node = new AstraNet()
    const { address } = await node.listenAndServe('tcp4', '127.0.0.1:0')
    await node.serve('web', server)
    return address
  },
  async dialer(address) {
    const node = new AstraNet()
    await node.join('tcp4', address)
    return { connect: () => node.httpConnect('', 'web'), close: () => node.close() }
  },
}
