import type {
  IncomingMessage,
  RequestListener,
  Server as HttpServer,
  ServerOptions,
  ServerResponse,
} from 'node:http'
import type { Server } from 'node:net'
import { invalidType } from '@astranet/interface/check'
import type { Agent, RequestInfo, RequestInit, Response, WebSocket, WebSocketInit } from 'undici'
import { AstraNetBase } from '../../api/astra-net.js'
import { checkBindNames, type BindOptions } from '../../api/bind-options.js'
import { checkObject, checkString } from '../../api/check.js'
import type { DialOptions } from '../../api/dial-options.js'
import type { Listener } from '../listener.js'
import type { Socket } from '../socket.js'
import { createDispatcher, type DispatcherOptions } from './dispatcher.js'
import type { HostDialer } from './host-dialer.js'
import { createHttpAgent, type HttpAgent, type HttpAgentOptions } from './http-agent.js'
import { onServices, serveAt } from './served.js'
import { fetchOver, undici } from './undici.js'

/**
 * Handles a request, as a listener of `'request'` does. What it returns is not used: many frameworks return promises.
 */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => unknown

/** HTTP over a node: what its clients and servers need of it. Node's HTTP is loaded with the first use. */
export abstract class HttpNet<TView> extends AstraNetBase<Socket, Listener, TView> {
  abstract connect(network: string, address: string, options?: DialOptions, onConnect?: () => void): Socket

  abstract httpConnect(network: string, host: string, options?: DialOptions, onConnect?: () => void): Socket

  /**
   * An agent for `http.request` and everything that takes an `http.Agent`: the host of a URL is a service's name, or a
   * node's id, as for `httpDial`. `maxSockets`, `keepAlive` and all other options of `http.Agent` work. Throws a
   * TypeError or RangeError that names what is wrong in `options`.
   */
  httpAgent(options: HttpAgentOptions = {}): HttpAgent {
    return createHttpAgent(this.#connectHost, options)
  }

  /**
   * A dispatcher for undici: `request(url, { dispatcher })`, its `fetch` and its `WebSocket`. `connections` bounds the
   * sockets to one host. Loads undici at the first call. Throws a TypeError or RangeError that names what is wrong in
   * `options`.
   */
  dispatcher(options: DispatcherOptions = {}): Agent {
    return createDispatcher(this.#connectHost, options)
  }

  /**
   * undici's `fetch` of `http://service/path`. When it cannot connect, it rejects with a TypeError, as every `fetch`
   * does; the `cause` is the error of `dial`. Another `dispatcher` in `init` is used in place of the node's.
   */
  fetch(url: RequestInfo, init: RequestInit = {}): Promise<Response> {
    try {
      return fetchOver(url, checkObject('init', init), () => this.#sharedDispatcher())
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  /**
   * A `WebSocket`, as browsers have it, to `ws://service/path`. `protocols` is one subprotocol, several, or an object
   * that may have headers, too. Throws as the constructor of `WebSocket` does.
   */
  webSocket(url: string | URL, protocols: string | string[] | WebSocketInit = {}): WebSocket {
    const isText = typeof protocols === 'string' || Array.isArray(protocols)
    const init = isText ? { protocols } : checkObject('protocols', protocols)
    return new (undici().WebSocket)(url, { dispatcher: this.#sharedDispatcher(), ...init })
  }

  /**
   * Lets a server serve a name (`'web'`), a port (`':80'`) or both (`'web:80'`), as `bind` writes them, and resolves
   * with the server when it does. `handler` is a server that does not listen yet, of `node:http`, `node:https`,
   * `node:http2` or `node:net`; or a function that handles the requests of a new `http.Server`, such as an app of
   * Express.
   *
   * From then on the server listens, as after `server.listen()`: timeouts of headers and requests count, `address()` is
   * that of the name, `close()` withdraws the name, and sockets beyond `maxConnections` are closed with `'drop'`. A
   * server that listens on TCP stays there and serves the name, too, until it is closed; all of its connections count
   * together. Rejects with the errors of `bind`, and with a TypeError that names the wrong argument.
   */
  async serve(address: string, handler: HttpHandler, options?: BindOptions): Promise<HttpServer>
  async serve<TServer extends Server>(
    address: string,
    handler: TServer,
    options?: BindOptions,
  ): Promise<TServer>
  async serve(address: string, handler: HttpHandler | Server, options: BindOptions = {}): Promise<Server> {
    checkString('address', address)
    checkBindNames(options)
    return await serveAt(serverOf(handler), address, { bind: this.#bind, options })
  }

  /**
   * `http.createServer` whose server listens in the network: `listen('web')` and `listen({ path: 'web' })` bind the
   * name, `listen(80)` the port, `listen(80, 'web')` both. It is for frameworks that call `listen` themselves, for
   * example as the `serverFactory` of Fastify. Otherwise it is an `http.Server`, with all of its methods, events and
   * timeouts.
   */
  httpServer(handler?: HttpHandler): HttpServer
  httpServer(options: ServerOptions, handler?: HttpHandler): HttpServer
  httpServer(first: ServerOptions | HttpHandler = {}, handler?: HttpHandler): HttpServer {
    const [options, onRequest] =
      typeof first === 'function' ? [{}, first] : [checkObject('options', first), handler]
    const server =
      onRequest === undefined
        ? http().createServer(options)
        : http().createServer(options, onRequest as RequestListener)
    return onServices(server, this.#bind)
  }

  readonly #connectHost: HostDialer = (host, options, onConnect) =>
    this.httpConnect('', host, options, onConnect)

  readonly #bind = (address: string, options: BindOptions): Listener => this.bindNow(address, options)

  /** The dispatcher of `fetch` and `webSocket`: one for all views of the same environment. */
  #sharedDispatcher(): Agent {
    return this.shared(() => this.dispatcher())
  }
}

/** Most programs need no HTTP, so it is not loaded with this file. */
function http(): typeof import('node:http') {
  return process.getBuiltinModule('node:http')
}

function serverOf(handler: HttpHandler | Server): Server {
  if (typeof handler === 'function') return http().createServer(handler as RequestListener)
  if (typeof (handler as Partial<Server> | undefined | null)?.listen === 'function') return handler
  throw invalidType(
    'handler',
    'of type function or a server of node:http, node:https, node:http2 or node:net',
    handler,
  )
}
