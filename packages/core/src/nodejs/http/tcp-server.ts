import type { Server } from 'node:net'
import type { Listener } from '../listener.js'
import { isDropped } from '../net/max-connections.js'
import type { Socket } from '../socket.js'

/**
 * What is used of Node's state of a `net.Server`: there are no methods for it. Connections that are counted there count
 * for `maxConnections` and `getConnections`, and `'close'` waits for them.
 */
interface CountingServer extends Server {
  _connections: number
  _emitCloseIfDrained(): void
}

/** The listeners of servers that listen on TCP, until they are closed. */
const listenersOf = new WeakMap<Server, Set<Listener>>()

/** @internal Gives a server that listens on TCP the sockets of a listener, too, which closes with it. */
export function addToTcp(server: Server, listener: Listener): void {
  const listeners = listenersOf.get(server) ?? closingWith(server)
  listeners.add(listener)
  listener.once('close', () => listeners.delete(listener))
  const counting = server as CountingServer
  listener.on('connection', (socket) => {
    if (isDropped(socket, counting, () => counting._connections)) return
    count(socket, counting)
    server.emit('connection', socket)
  })
}

function count(socket: Socket, server: CountingServer): void {
  server._connections += 1
  socket.once('close', () => {
    server._connections -= 1
    server._emitCloseIfDrained()
  })
}

/** Listeners that are closed when `close` of the server is called, and not only when its last connection is over. */
function closingWith(server: Server): Set<Listener> {
  const listeners = new Set<Listener>()
  listenersOf.set(server, listeners)
  const own = Object.getOwnPropertyDescriptor(server, 'close')
  const { close } = server
  const closing: Server['close'] = (onClosed) => {
    listenersOf.delete(server)
    if (own === undefined) Reflect.deleteProperty(server, 'close')
    else Object.defineProperty(server, 'close', own)
    for (const listener of listeners) listener.close()
    return close.call(server, onClosed)
  }
  Object.defineProperty(server, 'close', { value: closing, configurable: true, writable: true })
  return listeners
}
