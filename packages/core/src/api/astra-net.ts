import type { NodeId } from '@astranet/interface'
import { checkBoolean } from '@astranet/interface/check'
import { toByteDuplex, type Pipe } from '@astranet/mux'
import type { Endpoint } from '../endpoints/endpoint.js'
import type { NodeHandle } from '../node/node-handle.js'
import type { AttachOptions } from './attach-options.js'
import { checkOptions, checkSignal, checkString } from './check.js'
import type { DialScope } from './dial-options.js'
import { DialView } from './dial-view.js'
import { joinEnvironment } from './environment-name.js'
import type { JoinOptions } from './join-options.js'
import type { ListenAndServeOptions } from './listen-and-serve-options.js'
import { isShortForm } from './network-first.js'

/** @internal The names that a node sees by default. */
export const NODE_SCOPE: DialScope = { environment: '', hasLoopBack: true }

/** @internal Makes the entry's object for a node that is seen with other names. */
export type View<TSocket, TListener, TView> = (
  handle: NodeHandle<TSocket, TListener>,
  scope: DialScope,
) => TView

/**
 * What `AstraNet` is in every runtime; the entry of each gives it the runtime's sockets and listeners, and a
 * constructor. `TView` is the entry's own class.
 */
export class AstraNetBase<TSocket, TListener, TView> extends DialView<TSocket, TListener> {
  readonly #handle: NodeHandle<TSocket, TListener>
  readonly #scope: DialScope
  readonly #view: View<TSocket, TListener, TView>

  /** @internal */
  constructor(
    handle: NodeHandle<TSocket, TListener>,
    scope: DialScope,
    view: View<TSocket, TListener, TView>,
  ) {
    super(handle, scope)
    this.#handle = handle
    this.#scope = scope
    this.#view = view
  }

  /** The environment whose names this view binds and dials; `''` by default. */
  get environment(): string {
    return this.#scope.environment
  }

  /**
   * Lets other nodes join at `address` of `network`; resolves when they can. Errors are the transport's own:
   * `EADDRINUSE`, `EACCES`, ... The endpoint has the system's real address, also when `':0'` was asked for. Later
   * errors are reported to `options.onError` and on diagnostics channels. The address is advertised to other nodes; a
   * listener on all interfaces is advertised by the addresses of its machine (8 at most), and by its new ones at most
   * 1 s after these have changed. `options.advertise` replaces them.
   */
  listenAndServe(network: string, address: string, options?: ListenAndServeOptions): Promise<Endpoint>
  /** The same on the network of the text, `'tcp4://:4000'`, or without one, `':4000'`, on the node's first: `tcp`. */
  listenAndServe(address: string, options?: ListenAndServeOptions): Promise<Endpoint>
  listenAndServe(
    first: string,
    second?: string | ListenAndServeOptions,
    third?: ListenAndServeOptions,
  ): Promise<Endpoint> {
    return this.#handle.pending(this.#listenAndServe(first, second, third))
  }

  async #listenAndServe(
    first: string,
    second: string | ListenAndServeOptions | undefined,
    third: ListenAndServeOptions | undefined,
  ): Promise<Endpoint> {
    this.#handle.begin()
    const node = this.#handle.node ?? (await this.#handle.made)
    const isNetworkFirst = second !== undefined && node.hasNetwork(first)
    if (isNetworkFirst || !isShortForm(first, second))
      return await node.listenAndServe(first, second as string, third ?? {})
    const { network, address } = node.addressOf(first)
    return await node.listenAndServe(network, address, second ?? {})
  }

  /**
   * Joins the node that listens at `address`; resolves with its id when the link is open and that node's services are
   * known (or `helloTimeoutMs` is over). From then on it is joined again whenever no link to it is left, at all
   * addresses of the name and at those that it has advertised since, until this node is closed, `leave` names it, or
   * `signal` aborts. It never gives up by itself. Calls for one address share one join, which goes on until the signal
   * of each has aborted. If the first attempt fails, the error is the transport's own (`ECONNREFUSED`, ...) or the
   * link's (`ASTRA_ERR_LINK_*`), and there is no second attempt, unless `keepTrying` is set.
   *
   * An address of TCP without a port, `example.com`, is looked up in the DNS: the records `_astranet._tcp.example.com`
   * of type SRV name the hosts and ports, which are tried by priority and weight.
   *
   * What happens later is published on the diagnostics channels `astranet:join:joined`, `astranet:join:lost` and
   * `astranet:join:failed`; `inspect().joins` shows where each join stands.
   */
  join(network: string, address: string, options?: JoinOptions): Promise<NodeId>
  /**
   * Joins by an address in short, or by a ticket.
   *
   * An address is `host:port`, or a domain with a dot, on the node's first network, `tcp`; or it begins with its
   * network: `'ws://host:port/path'`, `'unix:///path'`. All rules of the other form apply here, too.
   *
   * A ticket is what `ticket` of another node has made: its addresses are tried in turn, by its secret or grant, and
   * only the node that it expects is joined, also when it is joined again. A text that is neither an address nor a
   * ticket is a TypeError, a ticket that is not whole `ASTRA_ERR_TICKET_INVALID`. When the other node refuses the
   * grant, the error has the code `ASTRA_ERR_TICKET_EXPIRED`, `_USED_UP`, `_FORGED`, `_ISSUER` or `_LEDGER`, and the
   * refused link as its `cause`. Another node at the address is `ASTRA_ERR_LINK_AUTHENTICATION`.
   *
   * When there are several addresses and none can be joined, the message has the reason of each, and the code is that
   * of the first node that has answered.
   */
  join(address: string, options?: JoinOptions): Promise<NodeId>
  join(first: string, second?: string | JoinOptions, options: JoinOptions = {}): Promise<NodeId> {
    return this.#handle.pending(this.#join(first, second, options))
  }

  async #join(
    first: string,
    second: string | JoinOptions | undefined,
    options: JoinOptions,
  ): Promise<NodeId> {
    this.#handle.begin()
    const node = this.#handle.node ?? (await this.#handle.made)
    if (typeof second === 'string' || node.hasNetwork(first))
      return await node.join(first, checkString('address', second as string), options)
    return await node.joinByText(checkString('address', first), second ?? {})
  }

  /**
   * Makes a link of any ordered, reliable pipe: a Node Duplex, a pair of Web Streams, a MessagePort or a
   * `ByteDuplex`. The other node attaches the other end. Resolves with the id of that node; rejects with an
   * `ASTRA_ERR_LINK_*` when there is no node of this network at the other end, and with `ECONNABORTED` when this node
   * is closed meanwhile. The pipe belongs to the node from now on.
   */
  attach(pipe: Pipe, options: AttachOptions = {}): Promise<NodeId> {
    return this.#handle.pending(this.#attach(pipe, options))
  }

  async #attach(pipe: Pipe, options: AttachOptions): Promise<NodeId> {
    const { security } = checkOptions('options', options, { signal: true, security: true })
    const signal = checkSignal(options.signal)
    this.#handle.begin()
    const node = this.#handle.node ?? (await this.#handle.made)
    node.checkOpen('attach', '')
    const own = security === undefined ? {} : { security }
    const { memory } = node
    return await node.attach(toByteDuplex(pipe, { ...own, memory }), signal)
  }

  /**
   * This node seen with other names: services that are bound through the view belong to the environment, and only
   * services of that environment are seen, and dialed by name. Several names are the parts of one environment, joined
   * with a slash, which no part may contain: `('a', 'b')` is neither `('a')` nor `('a.b')`. No name: the default
   * environment. Each call names the whole environment: `withEnv('a').withEnv('b')` is `b`. Ports belong to the node, so
   * they are the same in all environments. The rules for each part are those
   * for a service's name; together they have at most 255 bytes of UTF-8.
   */
  withEnv(...names: string[]): TView {
    return this.#view(this.#handle, { ...this.#scope, environment: joinEnvironment(names) })
  }

  /** This node seen with its own services among those dialed by name, which is the default, or without them. */
  withLoopBack(isEnabled = true): TView {
    return this.#view(this.#handle, { ...this.#scope, hasLoopBack: checkBoolean('isEnabled', isEnabled) })
  }
}
