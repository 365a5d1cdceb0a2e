import { once } from 'node:events'
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net'
import type { CatalogueRoleOptions } from '@astranet/registry'
import type { CatalogueClient, CatalogueSizes, Joined, StoreServer } from '../store.js'
import { Exchange } from './exchange.js'
import { linkBySocket } from './links.js'
import { makeNetwork } from './network.js'

/** The server's side of the work `catalogue`: a router that holds the whole catalogue, and accepts connections. */
export async function serveCatalogue(sizes: CatalogueSizes): Promise<StoreServer> {
  const hub = await makeNetwork(sizes)
  const server = createServer((socket) => linkBySocket(hub, socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** The client's side of the work `catalogue`. */
export function catalogueClient(address: string): CatalogueClient {
  return {
    // The network filled itself: its nodes have signed what they offer.
    fill: () => Promise.resolve(),
    async joinAll(sizes) {
      const { exchange, socket } = await join(address, { role: 'router', catalogue: 'all' })
      const { catalogue } = exchange
      await exchange.until(() => isCurrent(exchange))
      await exchange.until(() => catalogue.services().length === sizes.services)
      return joined(exchange, socket, sizes.services)
    },
    async joinNames(names) {
      const { exchange, socket } = await join(address, { role: 'leaf', catalogue: 'wanted' })
      // Without a router a want would be answered at once: nobody offers anything.
      await exchange.until(() => exchange.catalogue.neighbours().length > 0)
      const wants = names.map((name) => exchange.catalogue.want('', name, () => exchange.schedule()))
      exchange.schedule()
      await exchange.until(() => wants.every(({ isAnswered }) => isAnswered))
      // It holds whole nodes, to be able to check them: also what these offer under other names.
      const found = names.map((name) => exchange.catalogue.resolve('', name).length)
      return joined(
        exchange,
        socket,
        found.reduce((sum, each) => sum + each),
      )
    },
    close: () => Promise.resolve(),
  }
}

async function join(
  address: string,
  options: CatalogueRoleOptions,
): Promise<{ exchange: Exchange; socket: Socket }> {
  const [host, port] = address.split(':')
  const exchange = new Exchange(options)
  exchange.catalogue.setNode({ roles: [options.role], addresses: [] })
  const socket = connectTcp(Number(port), host)
  await once(socket, 'connect')
  linkBySocket(exchange, socket)
  return { exchange, socket }
}

/** Whether the catalogue has a neighbour, and all that this one offered at first. */
function isCurrent({ catalogue }: Exchange): boolean {
  const neighbours = catalogue.neighbours()
  return neighbours.length > 0 && neighbours.every((nodeId) => catalogue.isCurrent(nodeId))
}

function joined(exchange: Exchange, socket: Socket, services: number): Joined {
  const { catalogue } = exchange
  return {
    services,
    wireBytes: socket.bytesRead + socket.bytesWritten,
    lookup: (name) => catalogue.resolve('', name).length,
    async close() {
      const closed = once(socket, 'close')
      socket.destroy()
      await closed
      exchange.close()
    },
  }
}
