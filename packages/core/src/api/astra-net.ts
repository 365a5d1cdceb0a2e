import { formatNodeId, toNodeId, type NodeId } from '@astranet/interface'
import { toByteDuplex, type Pipe } from '@astranet/mux'
import type { ServiceInstance } from '@astranet/registry'
import type { Route } from '@astranet/relay'
import type { BindOptions } from './bind-options.js'
import { checkBoolean, checkOptions, checkSignal, checkString } from './check.js'
import type { DialOutcome, DialRequest } from '../dial/dial-call.js'
import type { DialOptions, DialScope } from './dial-options.js'
import type { Endpoint, ListenAndServeOptions } from '../endpoints/endpoint.js'
import type { JoinOptions } from '../links/join.js'
import { addressOfHost } from './http-host.js'
import { joinEnvironment } from './environment-name.js'
import { NetError } from './net-error.js'
import type { Node } from '../node/node.js'

/** The names that the first argument of `dial` and `bind` may have: there is one such network. */
const STREAM_NETWORKS = ['', 'astra']

/** How to attach. */
export interface AttachOptions {
  /** Gives up, and destroys the pipe, when aborted before the link is up; the promise rejects with the signal's reason. */
  signal?: AbortSignal
  /**
   * Whether nobody on the way can read or change the bytes, and the other end is whom this side means, as with ssh's stdio.
   * Default `false`; MessagePorts are, and a `ByteDuplex` says itself what it is. With a `secret` no other pipe is taken.
   */
  confidential?: boolean
}

/** @internal What a node sees unless told otherwise. */
export const NODE_SCOPE: DialScope = { environment: '', hasLoopBack: true }

/** @internal Makes the object of the entry that stands for a node seen with other names. */
export type View<TSocket, TListener, TView> = (node: Node<TSocket, TListener>, scope: DialScope) => TView

/**
 * What `AstraNet` is in every runtime; the entry of each gives it the runtime's sockets and listeners, and a constructor.
 * `TView` is the entry's own class.
 */
export class AstraNetBase<TSocket, TListener, TView> implements AsyncDisposable {
  readonly #node: Node<TSocket, TListener>
  readonly #scope: DialScope
  readonly #view: View<TSocket, TListener, TView>

  /** @internal */
  constructor(node: Node<TSocket, TListener>, scope: DialScope, view: View<TSocket, TListener, TView>) {
    this.#node = node
    this.#scope = scope
    this.#view = view
  }

  /** This node's id. `formatNodeId` gives its text. */
  get nodeId(): NodeId {
    return this.#node.id
  }

  /** The environment whose names this view binds and dials; `''` by default. */
  get environment(): string {
    return this.#scope.environment
  }

  /** Whether `close` was called. */
  get isClosed(): boolean {
    return this.#node.isClosed
  }

  /**
   * Connects to a service or a port; resolves when the far side has accepted.
   *
   * A name that nobody offers, or a node without a link, may become known until the deadline; then `ENOTFOUND`,
   * `EHOSTUNREACH`. A port that nobody listens on, or a full backlog, is `ECONNREFUSED` within a round trip; of a service
   * with several instances the others are tried first. `ETIMEDOUT`: no answer. `ECONNRESET`: the link broke meanwhile.
   * `ECONNABORTED`: this node was closed meanwhile.
   */
  dial(network: string, address: string, options?: DialOptions): Promise<TSocket> {
    try {
      checkStreamNetwork(network)
      this.#node.checkOpen('dial', address)
      // The dialer's own promise: another around it is what hundreds of thousands of dials a second notice.
      return this.#node.dialer.dial(address, this.#scope, options)
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  /** @internal Checks the arguments of a dial whose socket is there before it is connected; throws when one is wrong. */
  protected dialRequest(network: string, address: string, options: DialOptions): DialRequest {
    checkStreamNetwork(network)
    return this.#node.dialer.request(address, this.#scope, options)
  }

  /** @internal Begins such a dial. Returns what gives it up. */
  protected startDial(request: DialRequest, outcome: DialOutcome): () => void {
    try {
      this.#node.checkOpen('dial', request.text)
      const call = this.#node.dialer.start(request, outcome)
      return () => call.giveUp(undefined)
    } catch (error) {
      outcome.reject(error)
      return () => undefined
    }
  }

  /** `dial` with a deadline of `timeoutMs`. */
  async dialTimeout(network: string, address: string, timeoutMs: number): Promise<TSocket> {
    return await this.dial(network, address, { timeoutMs })
  }

  /**
   * `dial` for HTTP clients: `host` is what a URL says, so a port of 80 or 443 behind a service's name, which HTTP adds, is
   * dropped. Behind a node it stays; a node is its id, or its IPv6 address as sockets have it.
   *
   * Names are as a URL writes them: `myservice` finds `MyService`, `xn--bro-hoa` finds `büro`, `0.0.0.123` finds `123`. The
   * name itself comes first, when it is known. When a URL writes several other names so, the call fails with `ENOTFOUND`,
   * at once.
   */
  async httpDial(network: string, host: string, options?: DialOptions): Promise<TSocket> {
    const address = addressOfHost(checkString('host', host))
    checkStreamNetwork(network)
    this.#node.checkOpen('dial', address)
    return await this.#node.dialer.dial(address, { ...this.#scope, hasUrlNames: true }, options)
  }

  /**
   * Binds a port (`':port'`; `':0'` for a free one), a service (`'name'`, at a free port) or both (`'name:port'`). A
   * service is known to all neighbours at once. A port that is bound is `EADDRINUSE`.
   */
  async bind(network: string, address: string, options: BindOptions = {}): Promise<TListener> {
    checkStreamNetwork(network)
    return this.#node.bind(address, this.#scope.environment, options)
  }

  /**
   * Lets other nodes join at `address` of `network`; resolves when they can. Errors are the transport's own:
   * `EADDRINUSE`, `EACCES`, ... The system's address is in what it resolves with, so `':0'` can be joined. What goes wrong
   * later is told to `options.onError` and on diagnostics channels. Other nodes are told the address; a listener on all
   * interfaces is told by the addresses of its machine (8 at most).
   */
  async listenAndServe(
    network: string,
    address: string,
    options: ListenAndServeOptions = {},
  ): Promise<Endpoint> {
    return await this.#node.listenAndServe(network, address, options)
  }

  /**
   * Joins the node that listens at `address`; resolves with its id when the link is up and it is known what that node
   * offers (or `helloTimeoutMs` is over). From then on it is joined again whenever no link to it is left, until the node is
   * closed or `signal` aborts. An address that is joined already shares the link. The first attempt's error is the
   * transport's own (`ECONNREFUSED`, ...) or the link's (`ASTRA_ERR_LINK_*`), and nothing is tried again.
   */
  async join(network: string, address: string, options: JoinOptions = {}): Promise<NodeId> {
    return await this.#node.join(network, address, options)
  }

  /**
   * Makes a link of any ordered, reliable pipe: a Node Duplex, a pair of Web Streams, a MessagePort or a `ByteDuplex`. The
   * other end attaches its end likewise. Resolves with the id of the node there; rejects with an `ASTRA_ERR_LINK_*` when
   * what is there is no node of this network, with `ASTRA_ERR_INSECURE` when there is a `secret` and the pipe is not
   * confidential, and with `ECONNABORTED` when this node is closed meanwhile. The pipe belongs to the node.
   */
  async attach(pipe: Pipe, options: AttachOptions = {}): Promise<NodeId> {
    const { confidential } = checkOptions(options)
    const signal = checkSignal(options.signal)
    this.#node.checkOpen('attach', '')
    const toPipe =
      confidential === undefined ? {} : { confidential: checkBoolean('confidential', confidential) }
    const { memory } = this.#node
    return await this.#node.attach(toByteDuplex(pipe, { ...toPipe, memory }), signal)
  }

  /** The services that can be dialed now, in this environment: this node's and its neighbours'. */
  services(): ServiceInstance[] {
    const { environment, hasLoopBack } = this.#scope
    const services = this.#node.catalogue.services({ environment })
    return hasLoopBack ? services : services.filter((each) => each.nodeId !== this.nodeId)
  }

  /** The nodes that can be reached now, nearest first. */
  routes(): Route[] {
    return this.#node.routes.routes()
  }

  /**
   * The round trip to a neighbour in ms, measured now by a ping on the link. `EHOSTUNREACH` without a link;
   * `ASTRA_ERR_SESSION_OVER` when it ends meanwhile.
   */
  async ping(nodeId: NodeId): Promise<number> {
    const address = formatNodeId(toNodeId(nodeId))
    this.#node.checkOpen('ping', address)
    const link = this.#node.peers.linkTo(nodeId)
    if (link !== undefined) return await link.ping()
    throw new NetError('EHOSTUNREACH', 'there is no link to this node', { syscall: 'ping', address })
  }

  /**
   * This node seen with other names: what is bound through the view belongs to the environment, and only services of
   * that environment are dialed by name. Several names are joined with a dot. No name: the default environment. Ports are
   * the node's: they are the same in all. An environment's name follows the rules of a service's.
   */
  withEnv(...names: string[]): TView {
    return this.#view(this.#node, { ...this.#scope, environment: joinEnvironment(names) })
  }

  /** This node seen with its own services among those dialed by name, which is the default, or without them. */
  withLoopBack(isEnabled = true): TView {
    return this.#view(this.#node, { ...this.#scope, hasLoopBack: checkBoolean('isEnabled', isEnabled) })
  }

  /**
   * Closes the node: listeners, endpoints and links. Open sockets are destroyed here, and fail with `ECONNRESET` on the
   * other side; calls under way reject with `ECONNABORTED`, later ones with `ERR_SOCKET_CLOSED`. Resolves when everything
   * is over, which takes a dead peer up to `closeTimeoutMs` (3 s). Idempotent; a view closes the node it is a view of.
   */
  async close(): Promise<void> {
    await this.#node.close()
  }

  /** Closes the node. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function checkStreamNetwork(network: string): void {
  if (STREAM_NETWORKS.includes(network)) return
  const known = STREAM_NETWORKS.map((name) => `'${name}'`).join(' or ')
  throw new RangeError(`network must be ${known}, got ${JSON.stringify(network)}`)
}
