import type { Socket } from 'node:net'
import type { Connection } from '@astranet/interface'
import { connectFromOwnPort } from '../bound-socket.js'
import { plainConnection, tcpEnds } from '../connection.js'
import { socketOptions } from '../options.js'

/** One end of a TCP connection. */
export interface End {
  /** An IP address, without brackets. */
  readonly host: string
  /** 1 to 65,535. */
  readonly port: number
}

/** What one attempt to connect reports: exactly one of the two, and nothing after `destroy`. */
export interface SocketEvents {
  onConnect(socket: Socket): void
  onError(error: Error): void
}

/**
 * Begins to connect from a port of this machine that other sockets can share, 0 for a free one. The socket is bound
 * before it connects, so it keeps the port's mapping in a NAT.
 */
export function connectFrom(localPort: number, remote: End, events: SocketEvents): Socket {
  const localAddress = remote.host.includes(':') ? '::' : '0.0.0.0'
  const socket = connectFromOwnPort({ ...socketOptions({}), ...remote, localAddress, localPort })
  const onError = (error: Error): void => {
    socket.removeListener('connect', onConnect)
    events.onError(error)
  }
  const onConnect = (): void => {
    socket.removeListener('error', onError)
    events.onConnect(socket)
  }
  socket.once('connect', onConnect)
  socket.once('error', onError)
  // A socket that was destroyed may still report an error.
  socket.on('error', () => {})
  return socket
}

/** A connected socket as a connection. */
export function connectionOf(socket: Socket): Connection {
  return plainConnection(socket, tcpEnds(socket), { isLocalUnix: false, memory: 'fast' })
}
