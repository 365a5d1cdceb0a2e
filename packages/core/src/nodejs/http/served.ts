import type { Server } from 'node:net'
import type { BindOptions } from '../../api/bind-options.js'
import { bindFor, notRunning, ServedServer, type Bind, type OnClosed, type OnCount } from './served-server.js'
import { addToTcp } from './tcp-server.js'

/** @internal Lets `server`, which may listen on TCP, serve `address`; resolves when it does. See `AstraNet.serve`. */
export async function serveAt<TServer extends Server>(
  server: TServer,
  address: string,
  { bind, options }: { readonly bind: Bind; readonly options: BindOptions },
): Promise<TServer> {
  const listener = bindFor(server, bind, { address, options })
  if (server.listening && !served.has(server)) {
    addToTcp(server, listener)
    return server
  }
  const own = served.get(onServices(server, bind)) as ServedServer
  const isFirst = !own.listening
  own.add(listener)
  // 'listening' has been emitted in the next tick, unless the node has closed before it.
  if (isFirst) await new Promise<void>((resolve) => process.nextTick(resolve))
  if (!listener.listening) throw notRunning('serve', address)
  return server
}

/** @internal Gives a server that does not listen the methods with which it listens for services. */
export function onServices<TServer extends Server>(server: TServer, bind: Bind): TServer {
  if (served.has(server)) return server
  const own = new ServedServer(server, bind)
  served.set(server, own)
  Object.defineProperties(server, {
    listening: { get: () => own.listening, configurable: true },
    ...methods({
      listen: (...args) => (own.listen(args), server),
      close: (onClosed) => (own.close(onClosed as OnClosed | undefined), server),
      address: () => own.address(),
      getConnections: (callback) => (own.getConnections(callback as OnCount), server),
      ref: () => (own.hold(true), server),
      unref: () => (own.hold(false), server),
      [Symbol.asyncDispose]: () => own.dispose(),
    }),
  })
  return server
}

/** The servers that listen for services by their own `listen`. */
const served = new WeakMap<Server, ServedServer>()

function methods(
  all: Record<string | symbol, (...args: readonly unknown[]) => unknown>,
): PropertyDescriptorMap {
  const descriptors: PropertyDescriptorMap = {}
  for (const name of Reflect.ownKeys(all))
    descriptors[name] = { value: all[name as string], configurable: true, writable: true }
  return descriptors
}
