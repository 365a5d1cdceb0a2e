import { AstraNetBase, NODE_SCOPE } from '../astra-net.js'
import type { DialScope } from '../dial-options.js'
import { Node } from '../node.js'
import { resolveOptions, type AstraNetOptions } from '../options.js'
import type { Listener } from './listener.js'
import { nodejs } from './platform.js'
import type { Socket } from './socket.js'

/**
 * A `net` that spans machines: bind a name here, dial that name anywhere.
 *
 * Addresses are `name`, `name:port`, `id:port` or `:port`; ids are node ids as text, ports are virtual and 32 bits wide.
 * Networks, the first argument of `listenAndServe` and `join`, are those of the node's transports, `'tcp4'` for example;
 * for `dial` and `bind` there is one network, `''` or `'astra'`. Wrong arguments reject with a TypeError or RangeError
 * that names them; everything else that goes wrong is a {@link NetError} with one of Node's codes, or the transport's own
 * error.
 *
 * Who may join: with `secret` those who know it, over any transport; otherwise whoever the transports let in, which is
 * everybody who can connect unless they have mutual TLS.
 * Members are trusted.
 */
export class AstraNet extends AstraNetBase<Socket, Listener, AstraNet> {
  /** Makes a node. It does nothing by itself until it listens, joins or is attached. */
  constructor(options?: AstraNetOptions)
  /** @internal */
  constructor(node: Node<Socket, Listener>, scope: DialScope)
  constructor(options: AstraNetOptions | Node<Socket, Listener> = {}, scope: DialScope = NODE_SCOPE) {
    const node = options instanceof Node ? options : new Node(resolveOptions(options, nodejs), nodejs)
    super(node, scope, view)
  }
}

function view(node: Node<Socket, Listener>, scope: DialScope): AstraNet {
  return new AstraNet(node, scope)
}
