import type * as net from 'node:net'
import type { NodeId } from '@astranet/interface'
import type { LinkPath } from '../../links/link-path.js'
import type { RemoteIdentity } from '../../links/remote-identity.js'

/** A socket of {@link NetModule}: one of `node:net`, and what AstraNet knows of the far end. */
export interface NetModuleSocket extends net.Socket {
  /** The node at the other end. */
  readonly remoteNode: NodeId
  /** This node. */
  readonly localNode: NodeId
  /** The node at the other end, as it has proved it; see `Socket.remoteIdentity`. */
  readonly remoteIdentity: RemoteIdentity
  /** The way that its bytes take; see `Socket.path`. */
  readonly path: LinkPath
}

/** A server of {@link NetModule}. */
export interface NetModuleServer extends net.Server {
  on(event: string, listener: (...args: never[]) => void): this
  on(event: 'connection', listener: (socket: NetModuleSocket) => void): this
}

/** The class of its sockets. As in Node, it can be called without `new`; functions that inherit from it cannot. */
export interface NetModuleSocketClass extends Omit<typeof net.Socket, 'prototype'> {
  new (options?: net.SocketConstructorOpts): NetModuleSocket
  (options?: net.SocketConstructorOpts): NetModuleSocket
  readonly prototype: NetModuleSocket
}

/** The class of its servers. It can be called without `new`, too. */
export interface NetModuleServerClass extends Omit<typeof net.Server, 'prototype'> {
  new (onConnection?: (socket: NetModuleSocket) => void): NetModuleServer
  new (options?: net.ServerOpts, onConnection?: (socket: NetModuleSocket) => void): NetModuleServer
  (onConnection?: (socket: NetModuleSocket) => void): NetModuleServer
  (options?: net.ServerOpts, onConnection?: (socket: NetModuleSocket) => void): NetModuleServer
  readonly prototype: NetModuleServer
}

type Replaced = 'Socket' | 'Server' | 'connect' | 'createConnection' | 'createServer'

/** The module `node:net` over AstraNet; see `AstraNet.net`. */
export interface NetModule extends Omit<typeof net, Replaced> {
  readonly Socket: NetModuleSocketClass
  readonly Stream: NetModuleSocketClass
  readonly Server: NetModuleServerClass
  /** Makes a socket and connects it; see `AstraNet.net` for what a host and a path mean. */
  connect(options: net.NetConnectOpts, onConnect?: () => void): NetModuleSocket
  connect(port: number, host?: string, onConnect?: () => void): NetModuleSocket
  connect(port: number, onConnect?: () => void): NetModuleSocket
  connect(path: string, onConnect?: () => void): NetModuleSocket
  /** The same. */
  createConnection(options: net.NetConnectOpts, onConnect?: () => void): NetModuleSocket
  createConnection(port: number, host?: string, onConnect?: () => void): NetModuleSocket
  createConnection(port: number, onConnect?: () => void): NetModuleSocket
  createConnection(path: string, onConnect?: () => void): NetModuleSocket
  /** Makes a server; `listen` binds it. */
  createServer(onConnection?: (socket: NetModuleSocket) => void): NetModuleServer
  createServer(options?: net.ServerOpts, onConnection?: (socket: NetModuleSocket) => void): NetModuleServer
}
