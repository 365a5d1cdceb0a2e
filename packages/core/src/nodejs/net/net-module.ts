import * as nodeNet from 'node:net'
import { Socket } from '../socket.js'
import type { AcceptedStream } from './accepted-stream.js'
import { normalArguments, type Given } from './arguments.js'
import type { NetModule } from './module-types.js'
import { NetSocket } from './net-socket.js'
import type { NetNetwork } from './network.js'
import { NetServer } from './server.js'

/** A class that can be called without `new`, as Node's can. */
type Callable<T> = (new (...args: unknown[]) => T) & ((...args: unknown[]) => T)

/**
 * @internal The module `node:net` for the sockets of one node, or of one view of it. Its classes are its own, so that
 * `new net.Socket()` knows where to connect.
 */
export function netModule(network: NetNetwork): NetModule {
  class ModuleSocket extends NetSocket {
    static override [Symbol.hasInstance](value: unknown): boolean {
      // Sockets of `dial` and of listeners count as instances, too.
      const isOwn = [SocketClass, ModuleSocket].includes(this as never)
      if (isOwn) return value instanceof Socket
      return Function.prototype[Symbol.hasInstance].call(this, value)
    }

    constructor(options?: AcceptedStream | Given) {
      super(network, options)
    }
  }
  class ModuleServer extends NetServer {
    constructor(options?: unknown, onConnection?: unknown) {
      super({ network, accept: (accepted) => new ModuleSocket(accepted) }, options, onConnection)
    }
  }
  const SocketClass = callable('Socket', ModuleSocket as never as new (...args: unknown[]) => NetSocket)
  const ServerClass = callable('Server', ModuleServer as never as new (...args: unknown[]) => NetServer)

  function connect(...args: unknown[]): NetSocket {
    const { options, callback } = normalArguments(args)
    const socket = new SocketClass(options)
    const { timeout } = options
    if (timeout) socket.setTimeout(timeout as number)
    return socket.connect(...([options, callback].filter((each) => each !== undefined) as [Given]))
  }

  function createServer(options?: unknown, onConnection?: unknown): NetServer {
    return new ServerClass(options, onConnection)
  }

  const own = { Socket: SocketClass, Stream: SocketClass, Server: ServerClass }
  return withRest({ ...own, connect, createConnection: connect, createServer }) as unknown as NetModule
}

/** Everything else is Node's own: `isIP`, `BlockList`, `SocketAddress`, the defaults of address families, ... */
function withRest(own: Record<string, unknown>): Record<string, unknown> {
  const { default: rest } = nodeNet as unknown as { default: Record<string, unknown> }
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(rest)))
    if (!(name in own)) Object.defineProperty(own, name, descriptor)
  return own
}

/** `Class`, so that it can be called without `new`, too. */
function callable<T extends object>(name: string, Class: new (...args: unknown[]) => T): Callable<T> {
  function construct(this: unknown, ...args: unknown[]): unknown {
    if (new.target !== undefined)
      return Reflect.construct(Class, args, new.target === construct ? Class : new.target)
    if (this instanceof construct)
      throw new TypeError(`net.${name} cannot be inherited by a function: write a class that extends it`)
    return new Class(...args)
  }
  Object.defineProperty(construct, 'name', { value: name })
  construct.prototype = Class.prototype as unknown
  Object.defineProperty(Class.prototype, 'constructor', {
    value: construct,
    writable: true,
    configurable: true,
  })
  Object.setPrototypeOf(construct, Class)
  return construct as unknown as Callable<T>
}
