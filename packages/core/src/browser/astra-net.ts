import { generateIdentity, openIdentity } from '@astranet/secure/browser'
import { AstraNetBase, NODE_SCOPE } from '../api/astra-net.js'
import { checkIdentity, isIdentity } from '../api/identity-option.js'
import type { DialScope } from '../api/dial-options.js'
import { Node } from '../node/node.js'
import { logged } from '../node/logged.js'
import { NodeHandle } from '../node/node-handle.js'
import { resolveOptions } from '../node/resolve-options.js'
import type { AstraNetOptions } from '../api/options.js'
import type { Listener } from './listener.js'
import { browser } from './platform.js'
import type { Socket } from './socket.js'

/**
 * A `net` that spans machines, in a browser: join a node over WebSocket, dial names, and bind names that others dial.
 * Sockets are pairs of Web Streams. A page cannot listen: `listenAndServe` rejects with `EOPNOTSUPP`.
 *
 * Addresses are `name`, `name:port`, `id:port` or `:port`; ids are node ids as text, ports are virtual and 32 bits
 * wide. Networks, the first argument of `join`, are those of the node's transports, by default `'ws'` and `'wss'`;
 * `dial` and `bind` have one network, `''`, also named `'astra'`, `'tcp'`, `'tcp4'` and `'tcp6'`, and `dial` has two
 * that choose the instance. Wrong arguments reject with a TypeError or RangeError that names them; every other error is
 * a {@link NetError} with one of Node's codes, or the transport's own error.
 */
export class AstraNet extends AstraNetBase<Socket, Listener, AstraNet> {
  /**
   * Makes a node. It does nothing by itself until it joins or is attached. Unless `identity` is an `Identity`, it is
   * made or read meanwhile: `nodeId` is there once `ready` has resolved, or after `await AstraNet.create(options)`.
   */
  constructor(options?: AstraNetOptions)
  /** @internal */
  constructor(handle: NodeHandle<Socket, Listener>, scope: DialScope)
  constructor(options: AstraNetOptions | NodeHandle<Socket, Listener> = {}, scope: DialScope = NODE_SCOPE) {
    const handle = options instanceof NodeHandle ? options : makeNode(options)
    super(handle, scope, view)
  }

  /**
   * Makes a node, as the constructor does, once its `identity` is read or made.
   * Rejects with what the constructor throws.
   */
  static async create(options: AstraNetOptions = {}): Promise<AstraNet> {
    const net = new AstraNet(options)
    await net.ready()
    return net
  }

  /** Makes a node, as `new AstraNet(options)` does: the `New` of the Go package. */
  static new(options: AstraNetOptions = {}): AstraNet {
    return new AstraNet(options)
  }
}

function makeNode(options: AstraNetOptions): NodeHandle<Socket, Listener> {
  const resolved = resolveOptions(options, browser)
  const identity = checkIdentity(options.identity)
  const platform = logged(browser, resolved.logger)
  if (isIdentity(identity)) return new NodeHandle(new Node({ ...resolved, identity }, platform), resolved)
  const opened = identity === undefined ? generateIdentity() : openIdentity(identity)
  const made = opened.then((own) => new Node({ ...resolved, identity: own }, platform))
  return new NodeHandle(made, resolved)
}

function view(handle: NodeHandle<Socket, Listener>, scope: DialScope): AstraNet {
  return new AstraNet(handle, scope)
}
