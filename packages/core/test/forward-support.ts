import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { twoNodes, type TwoNodes } from './support.js'

/** A TCP server of the test, and what it has accepted. */
export interface Target extends AsyncDisposable {
  readonly address: string
  readonly port: number
  readonly server: Server
  /** The next connection, with the ends of its directions apart. */
  accepted(): Promise<Socket>
}

export async function target(): Promise<Target> {
  const server = createServer({ allowHalfOpen: true })
  const sockets: Socket[] = []
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => {})
    sockets.push(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  let taken = 0
  return {
    server,
    port,
    address: `127.0.0.1:${port}`,
    async accepted() {
      if (sockets.length === taken) await once(server, 'connection')
      taken += 1
      return sockets[taken - 1] as Socket
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A client of a TCP port. */
export function clientOf(address: string): Socket {
  const socket = connect({ host: '127.0.0.1', port: portOf(address), allowHalfOpen: true })
  socket.on('error', () => {})
  return socket
}

export function portOf(address: string): number {
  return Number(/\d+$/.exec(address)?.[0])
}

/** A target, a node that publishes it, and another node that forwards a port to it. */
export interface Chain extends AsyncDisposable {
  readonly nodes: TwoNodes
  readonly target: Target
  /** Where clients connect. */
  readonly address: string
}

export async function chain(): Promise<Chain> {
  const [nodes, to] = await Promise.all([twoNodes(), target()])
  await nodes.server.publish('db', `tcp://${to.address}`)
  const { local } = await nodes.client.forward('127.0.0.1:0', 'db')
  return {
    nodes,
    target: to,
    address: local,
    async [Symbol.asyncDispose]() {
      await nodes[Symbol.asyncDispose]()
      await to[Symbol.asyncDispose]()
    },
  }
}
