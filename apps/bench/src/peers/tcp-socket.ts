import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** Accepts sockets on a free port of 127.0.0.1; resolves with `host:port`. Nagle's algorithm is off. */
export async function listenTcp(onSocket: (socket: Socket) => void): Promise<string> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, onSocket)
  return await listeningAddress(server)
}

/** Makes the server listen on 127.0.0.1; resolves with `host:port`. */
export async function listeningAddress(server: Server): Promise<string> {
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 })
  await once(server, 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Connects to `host:port`. Nagle's algorithm is off. */
export async function dialTcp(address: string): Promise<Socket> {
  const { port, host } = splitAddress(address)
  const socket = connect({ port, host, allowHalfOpen: true, noDelay: true })
  await once(socket, 'connect')
  return socket
}

/** The parts of `host:port`. */
export function splitAddress(address: string): { host: string; port: number } {
  const [host = '', port = ''] = address.split(':')
  return { host, port: Number(port) }
}
