import { AstraNetBase, NODE_SCOPE } from '../api/astra-net.js'
import type { DialScope } from '../api/dial-options.js'
import { Node } from '../node/node.js'
import { resolveOptions } from '../node/resolve-options.js'
import type { AstraNetOptions } from '../api/options.js'
import { identityNow, openedIdentity } from './identity-option.js'
import type { Listener } from './listener.js'
import { browser } from './platform.js'
import type { Socket } from './socket.js'

/**
 * A `net` that spans machines, in a browser: join a node over WebSocket, dial names, and bind names that others dial.
 * Sockets are pairs of Web Streams. A page cannot listen: `listenAndServe` rejects with `EOPNOTSUPP`.
 *
 * Addresses are `name`, `name:port`, `id:port` or `:port`; ids are node ids as text, ports are virtual and 32 bits
 * wide. Networks, the first argument of `join`, are those of the node's transports, by default `'ws'` and `'wss'`;
 * `dial` and `bind` have one network, `''` or `'astra'`. Wrong arguments reject with a TypeError or RangeError that
 * names them; every other error is a {@link NetError} with one of Node's codes, or the transport's own error.
 */
export class AstraNet extends AstraNetBase<Socket, Listener, AstraNet> {
  /**
   * Makes a node of an `Identity`. It does nothing by itself until it joins or is attached. Throws a `TypeError` when
   * `identity` is none: browsers make and read keys asynchronously only, so use {@link AstraNet.create}.
   */
  constructor(options?: AstraNetOptions)
  /** @internal */
  constructor(node: Node<Socket, Listener>, scope: DialScope)
  constructor(options: AstraNetOptions | Node<Socket, Listener> = {}, scope: DialScope = NODE_SCOPE) {
    const node = options instanceof Node ? options : makeNode(options)
    super(node, scope, view)
  }

  /**
   * Makes a node, as the constructor does, once its `identity` is read or made.
   * Rejects with what the constructor throws.
   */
  static async create(options: AstraNetOptions = {}): Promise<AstraNet> {
    const resolved = resolveOptions(options, browser.transports)
    const identity = await openedIdentity(options.identity)
    return new AstraNet(new Node({ ...resolved, identity }, browser), NODE_SCOPE)
  }
}

function makeNode(options: AstraNetOptions): Node<Socket, Listener> {
  const resolved = resolveOptions(options, browser.transports)
  return new Node({ ...resolved, identity: identityNow(options.identity) }, browser)
}

function view(node: Node<Socket, Listener>, scope: DialScope): AstraNet {
  return new AstraNet(node, scope)
}
