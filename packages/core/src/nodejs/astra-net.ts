import { addAbortSignal } from 'node:stream'
import { NODE_SCOPE } from '../api/astra-net.js'
import { checkObject, checkSignal } from '../api/check.js'
import type { DialOptions, DialScope } from '../api/dial-options.js'
import { isShortForm } from '../api/network-first.js'
import { nodeOfAddress } from '../api/node-address.js'
import { Node } from '../node/node.js'
import { NodeHandle } from '../node/node-handle.js'
import { logged } from '../node/logged.js'
import type { NodeOptions } from '../node/node-options.js'
import { resolveOptions } from '../node/resolve-options.js'
import { startUp } from '../node/startup.js'
import type { AstraNetOptions } from '../api/options.js'
import type { DialRequest } from '../dial/dial-request.js'
import { ForwardNet } from './forward/forward-net.js'
import { identityNow, openedIdentity } from './identity-option.js'
import type { Listener } from './listener.js'
import type { NetModule } from './net/module-types.js'
import { netModule } from './net/net-module.js'
import type { NetNetwork } from './net/network.js'
import { nodejs } from './platform.js'
import { Socket } from './socket.js'

/**
 * A `net` that spans machines: bind a name here, dial that name anywhere.
 *
 * Addresses are `name`, `name:port`, `id:port` or `:port`; ids are node ids as text, ports are virtual and 32 bits
 * wide. Networks, the first argument of `listenAndServe` and `join`, are those of the node's transports, `'tcp4'` for
 * example; `dial` and `bind` have one network, `''`, also named `'astra'`, `'tcp'`, `'tcp4'` and `'tcp6'`, and `dial`
 * has two that choose the instance. Wrong arguments reject with a TypeError or RangeError that names them; every other
 * error is a {@link NetError} with one of Node's codes, or the transport's own error.
 *
 * Which nodes may join: with `secret` those that know it or have a ticket, over any transport; otherwise those that the
 * transports accept, which is every node that can connect unless they have mutual TLS. Every link proves who both nodes
 * are, and is encrypted unless its pipe is private.
 */
export class AstraNet extends ForwardNet<AstraNet> {
  #net: NetModule | undefined = undefined

  /**
   * Makes a node. It does nothing by itself until it is used; then it does what the environment variables say
   * (`AstraNetOptions.variables`). With a path as `identity` it reads the file within the call, or makes it;
   * {@link AstraNet.create} does not block meanwhile.
   */
  constructor(options?: AstraNetOptions)
  /** @internal */
  constructor(handle: NodeHandle<Socket, Listener>, scope: DialScope)
  constructor(options: AstraNetOptions | NodeHandle<Socket, Listener> = {}, scope: DialScope = NODE_SCOPE) {
    const handle = options instanceof NodeHandle ? options : makeNode(options)
    super(handle, scope, view)
  }

  /**
   * Makes a node, as the constructor does, and reads or makes its `identity` without blocking.
   * Rejects with what the constructor throws.
   */
  static async create(options: AstraNetOptions = {}): Promise<AstraNet> {
    const resolved = resolveOptions(options, nodejs)
    const identity = await openedIdentity(options.identity)
    return new AstraNet(handleOf({ ...resolved, identity }), NODE_SCOPE)
  }

  /** Makes a node, as `new AstraNet(options)` does: the `New` of the Go package. */
  static new(options: AstraNetOptions = {}): AstraNet {
    return new AstraNet(options)
  }

  /**
   * The module `node:net` over this node: `createServer`, `connect`, `Server`, `Socket`, ..., with Node's arguments,
   * events and errors, for programs that are written for `node:net`. A view's module sees the view's names. Everything
   * else of the module, `isIP` or `BlockList`, is Node's own.
   *
   * A host is a service's name, a node's id, or a node's IPv6 address. No host, `localhost`, `127.0.0.1`, `::1`,
   * `0.0.0.0` and `::` are this node itself; what listens on a loopback address is reached from this node only. Every
   * other IP address is `EHOSTUNREACH` to connect to, and `EADDRNOTAVAIL` to listen on. `connect(80, 'web')` dials
   * `web:80`; `listen(80, 'web')` binds that name. A path is an address of AstraNet: `connect('web')` dials an instance
   * of the service at any port, `listen('web')` binds the name, `connect(':4000000000')` dials a port above
   * 65,535, which is the largest of `net`. Port 0 is a free one from 1,024 to 65,535.
   *
   * A service that nobody offers may appear until 10 s are over, as for {@link dial}; then the error is Node's for an
   * unknown host, or for a path that does not exist. A service that is offered, but not at the port, is `ECONNREFUSED` at
   * once. There are no file descriptors and no handles of the system;
   * `noDelay` and `keepAlive` are accepted and have no effect.
   */
  get net(): NetModule {
    this.#net ??= netModule(this.#netNetwork())
    return this.#net
  }

  /**
   * `dial` that returns the socket at once, as `net.connect` does: `'connect'` is emitted, and `onConnect` called,
   * when the far side has accepted. What is written meanwhile, up to 16 KiB, and the end behind it, travel with the
   * dial, so the first byte of an answer takes one round trip; what is written beyond that is sent when it is
   * connected. An instance that refuses never shows these bytes to its application, and the next one gets all of them.
   * When the link breaks before the answer and bytes were sent, the far side may have used them: the error is
   * `ECONNRESET`, and nothing is repeated. The errors of `dial` are emitted as `'error'`; wrong arguments throw.
   * `signal` destroys the socket, also when it is connected, as for `net`. Made for programs that count their sockets,
   * such as `http.Agent`.
   */
  override connect(address: string, onConnect?: () => void): Socket
  override connect(address: string, options?: DialOptions, onConnect?: () => void): Socket
  override connect(network: string, address: string, onConnect?: () => void): Socket
  override connect(network: string, address: string, options?: DialOptions, onConnect?: () => void): Socket
  override connect(
    first: string,
    second?: string | DialOptions | (() => void),
    third?: DialOptions | (() => void),
    fourth?: () => void,
  ): Socket {
    const onConnect = [second, third, fourth].find((each) => typeof each === 'function')
    const given = typeof second === 'function' ? undefined : second
    const others = typeof third === 'function' ? undefined : third
    return isShortForm(first, given)
      ? this.#connectTo('', first, given, onConnect)
      : this.#connectTo(first, given, others, onConnect)
  }

  #connectTo(
    network: string,
    address: string,
    options: DialOptions | undefined,
    onConnect: (() => void) | undefined,
  ): Socket {
    const { signal, ...others } = checkObject('options', options ?? {})
    return this.#connect(this.dialRequest(network, address, others), checkSignal(signal), onConnect)
  }

  /** `connect` for HTTP clients: `host` is the host of a URL, as for `httpDial`. */
  override httpConnect(
    network: string,
    host: string,
    options: DialOptions = {},
    onConnect?: () => void,
  ): Socket {
    const { signal, ...others } = checkObject('options', options)
    return this.#connect(this.hostRequest(network, host, others), checkSignal(signal), onConnect)
  }

  #connect(
    request: DialRequest,
    signal: AbortSignal | undefined,
    onConnect: (() => void) | undefined,
  ): Socket {
    const settings = { origin: request.origin, options: request.options.socketOptions }
    const socket = settings.origin.runInAsyncScope(() => new Socket(undefined, settings), undefined)
    if (onConnect !== undefined) socket.once('connect', onConnect)
    socket.startConnecting()
    if (signal !== undefined) addAbortSignal(signal, socket)
    if (!socket.destroyed) socket.dialing(this.startDial(request, socket))
    return socket
  }

  #netNetwork(): NetNetwork {
    return {
      request: (address, options) => this.netRequest(address, options),
      start: (request, outcome) => this.startDial(request, outcome),
      bind: (address, options, sockets) => {
        this.beginNode()
        const { node, environment } = this.boundNode()
        return node.bindQueue(address, environment, { options, sockets })
      },
      freePort: () => this.boundNode().node.ports.netPort(),
      isSelf: (address) => nodeOfAddress(address) === this.nodeId,
      isBound: (port) => this.boundNode().node.ports.at(port) !== undefined,
    }
  }
}

function makeNode(options: AstraNetOptions): NodeHandle<Socket, Listener> {
  const resolved = resolveOptions(options, nodejs)
  return handleOf({ ...resolved, identity: identityNow(options.identity) })
}

function handleOf(options: NodeOptions): NodeHandle<Socket, Listener> {
  const { startup, logger } = options
  const platform = logged(nodejs, logger)
  const node = new Node(options, platform)
  if (startup.length === 0) return new NodeHandle(node, options)
  return new NodeHandle(node, options, (starter) => startUp(starter, startup, platform))
}

function view(handle: NodeHandle<Socket, Listener>, scope: DialScope): AstraNet {
  return new AstraNet(handle, scope)
}
