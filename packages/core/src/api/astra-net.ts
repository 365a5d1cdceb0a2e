import { formatNodeId, toNodeId, type NodeId } from '@astranet/interface'
import { checkBoolean } from '@astranet/interface/check'
import { toByteDuplex, type Pipe } from '@astranet/mux'
import type { Explanation, Policy, PolicyQuestion } from '@astranet/policy'
import type { DialInFlight, DialOutcome, DialRequest } from '../dial/dial-request.js'
import type { Endpoint } from '../endpoints/endpoint.js'
import type { NodeInspection } from '../node/inspection.js'
import type { Node } from '../node/node.js'
import type { NodeHandle } from '../node/node-handle.js'
import type { AttachOptions } from './attach-options.js'
import type { BindOptions } from './bind-options.js'
import { checkOptions, checkSignal, checkString } from './check.js'
import { checkCloseOptions, type CloseOptions } from './close-options.js'
import type { DialOptions, DialScope } from './dial-options.js'
import { DiscoveryView } from './discovery-view.js'
import { joinEnvironment } from './environment-name.js'
import { addressOfHost } from './http-host.js'
import type { JoinOptions } from './join-options.js'
import type { ListenAndServeOptions } from './listen-and-serve-options.js'
import { NetError } from './net-error.js'
import type { SetPolicyOptions } from './policy-options.js'
import { checkStreamNetwork, scopeOfNetwork } from './stream-network.js'
import type { TicketOptions } from './ticket-options.js'

/** @internal The names that a node sees by default. */
export const NODE_SCOPE: DialScope = { environment: '', hasLoopBack: true }

/** A dial that failed before it began. */
const NOT_DIALED: DialInFlight = { giveUp: () => undefined, wrote: () => undefined }

/** @internal Makes the entry's object for a node that is seen with other names. */
export type View<TSocket, TListener, TView> = (
  handle: NodeHandle<TSocket, TListener>,
  scope: DialScope,
) => TView

/**
 * What `AstraNet` is in every runtime; the entry of each gives it the runtime's sockets and listeners, and a
 * constructor. `TView` is the entry's own class.
 */
export class AstraNetBase<TSocket, TListener, TView> extends DiscoveryView implements AsyncDisposable {
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

  /**
   * This node's id, the hash of its public key. `formatNodeId` gives its text. Throws a TypeError as long as
   * {@link ready} has not resolved, which can only be in browsers.
   */
  get nodeId(): NodeId {
    return this.#handle.now.id
  }

  /** A copy of the node's Ed25519 public key, 32 bytes. {@link nodeId} is its hash, and throws when this does. */
  get publicKey(): Uint8Array {
    return this.#handle.now.publicKey.slice()
  }

  /**
   * Resolves when the node has its identity: at once on Node; in browsers, which make and read keys asynchronously
   * only, soon after the constructor. All calls that return promises wait for it by themselves. Rejects when there can
   * be no identity, and so do they: with `ASTRA_ERR_SECURE_UNAVAILABLE` on a page outside a secure context, with
   * `ASTRA_ERR_SECURE_IDENTITY` when something else is kept under the identity's name.
   */
  async ready(): Promise<void> {
    await this.#handle.made
  }

  /** The environment whose names this view binds and dials; `''` by default. */
  get environment(): string {
    return this.#scope.environment
  }

  /** Whether `close` was called. */
  get isClosed(): boolean {
    return this.#handle.isClosed
  }

  /**
   * Connects to a service or a port; resolves when the far side has accepted.
   *
   * A name that no node offers, or a node without a link, may become known until the deadline; then the error is
   * `ENOTFOUND`, or `EHOSTUNREACH` when there is no link to any node that offers the service. `ECONNREFUSED`, within a
   * round trip: nobody listens on the port, or the backlog is full; of a service with several instances the others are
   * tried first, within the same deadline. `ETIMEDOUT`: no answer. `ECONNRESET`: the link broke meanwhile.
   * `ECONNABORTED`: this node was closed meanwhile.
   *
   * `network` is `''` or `'astra'`, or chooses among the instances of a service by a hash ring, the same on every node:
   * `'registry://KEY'` by the key, as the options `key` and `selector: hashRing()` do; `'vport2registry'` by the port of
   * the address `name:port`, which is then not the port of the service.
   */
  dial(network: string, address: string, options?: DialOptions): Promise<TSocket> {
    try {
      const scope = scopeOfNetwork(network, this.#scope)
      const { node } = this.#handle
      if (node === undefined) return this.#handle.made.then(() => this.dial(network, address, options))
      node.checkOpen('dial', address)
      // The dialer's own promise: another promise around it would cost measurable time in every dial.
      return node.dialer.dial(address, scope, options)
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  /** @internal Checks the arguments of a dial whose socket exists before it is connected. Throws when one is wrong. */
  protected dialRequest(network: string, address: string, options: DialOptions): DialRequest {
    const scope = scopeOfNetwork(network, this.#scope)
    return this.#handle.now.dialer.request(address, scope, options)
  }

  /** @internal The same for the host of a URL, see `httpDial`. */
  protected hostRequest(network: string, host: string, options: DialOptions): DialRequest {
    const address = addressOfHost(checkString('host', host))
    const scope = { ...scopeOfNetwork(network, this.#scope), hasUrlNames: true }
    return this.#handle.now.dialer.request(address, scope, options)
  }

  /** @internal Begins such a dial. */
  protected startDial(request: DialRequest, outcome: DialOutcome): DialInFlight {
    try {
      const node = this.#handle.now
      node.checkOpen('dial', request.text)
      return node.dialer.start(request, outcome)
    } catch (error) {
      outcome.reject(error)
      return NOT_DIALED
    }
  }

  /** @internal What a `net` module needs of this view, except the sockets. Throws as {@link nodeId} does. */
  protected boundNode(): { readonly node: Node<TSocket, TListener>; readonly environment: string } {
    return { node: this.#handle.now, environment: this.#scope.environment }
  }

  /** @internal The role of the node is settled, as by a `bind`. */
  protected beginNode(): void {
    this.#handle.begin()
  }

  /** `dial` with a deadline of `timeoutMs`. */
  async dialTimeout(network: string, address: string, timeoutMs: number): Promise<TSocket> {
    return await this.dial(network, address, { timeoutMs })
  }

  /**
   * `dial` for HTTP clients: `host` is the host of a URL. A port of 80 or 443 behind a service's name is dropped,
   * because HTTP adds it; behind a node it stays. A node is its id, or its IPv6 address as its sockets have it.
   *
   * Names are as a URL writes them: `myservice` finds `MyService`, `xn--bro-hoa` finds `büro`, `0.0.0.123` finds
   * `123`. The name itself comes first if it is known. When a URL writes several other names in the same way, the
   * call fails at once with `ENOTFOUND`.
   */
  async httpDial(network: string, host: string, options?: DialOptions): Promise<TSocket> {
    const address = addressOfHost(checkString('host', host))
    const scope = scopeOfNetwork(network, this.#scope)
    const node = this.#handle.node ?? (await this.#handle.made)
    node.checkOpen('dial', address)
    return await node.dialer.dial(address, { ...scope, hasUrlNames: true }, options)
  }

  /**
   * Binds a port (`':port'`; `':0'` for a free one), a service (`'name'`, at a free port) or both (`'name:port'`). A
   * service is known to all neighbours at once. A port that is bound is `EADDRINUSE`.
   */
  async bind(network: string, address: string, options: BindOptions = {}): Promise<TListener> {
    checkStreamNetwork(network)
    this.#handle.begin()
    const node = this.#handle.node ?? (await this.#handle.made)
    return node.bind(address, this.#scope.environment, options)
  }

  /** @internal `bind` in a runtime whose nodes are there at once. Throws what `bind` rejects with. */
  protected bindNow(address: string, options: BindOptions): TListener {
    this.#handle.begin()
    return this.#handle.now.bind(address, this.#scope.environment, options)
  }

  /** @internal Calls `callback` once, when the node closes; at once if it is closed. The result takes it back. */
  protected whenClosing(callback: () => void): () => void {
    if (!this.isClosed) return this.#handle.whenClosing(callback)
    callback()
    return () => undefined
  }

  /**
   * Lets other nodes join at `address` of `network`; resolves when they can. Errors are the transport's own:
   * `EADDRINUSE`, `EACCES`, ... The endpoint has the system's real address, also when `':0'` was asked for. Later
   * errors are reported to `options.onError` and on diagnostics channels. The address is advertised to other nodes; a
   * listener on all interfaces is advertised by the addresses of its machine (8 at most), and by its new ones at most
   * 1 s after these have changed.
   */
  async listenAndServe(
    network: string,
    address: string,
    options: ListenAndServeOptions = {},
  ): Promise<Endpoint> {
    this.#handle.begin()
    const node = this.#handle.node ?? (await this.#handle.made)
    return await node.listenAndServe(network, address, options)
  }

  /**
   * Joins the node that listens at `address`; resolves with its id when the link is open and that node's services are
   * known (or `helloTimeoutMs` is over). From then on it is joined again whenever no link to it is left, until this
   * node is closed or `signal` aborts. An address that is joined already shares the link. If the first attempt fails,
   * the error is the transport's own (`ECONNREFUSED`, ...) or the link's (`ASTRA_ERR_LINK_*`), and there is no second
   * attempt.
   */
  join(network: string, address: string, options?: JoinOptions): Promise<NodeId>
  /**
   * Joins by a ticket that `ticket` of another node has made: its addresses in turn, by its secret or grant, and only
   * the node that it expects. All that is said of the other form holds here too, also when it is joined again.
   *
   * A text that is no whole ticket is `ASTRA_ERR_TICKET_INVALID`. When the other node refuses the grant, the error has
   * the code `ASTRA_ERR_TICKET_EXPIRED`, `_USED_UP`, `_FORGED`, `_ISSUER` or `_LEDGER`, and the refused link as its
   * `cause`. Another node at the address is `ASTRA_ERR_LINK_AUTHENTICATION`. When there are several addresses and none
   * can be joined, the message has the reason of each, and the code is that of the first node that has answered.
   */
  join(ticket: string, options?: JoinOptions): Promise<NodeId>
  async join(
    first: string,
    second: string | JoinOptions | undefined,
    options: JoinOptions = {},
  ): Promise<NodeId> {
    this.#handle.begin()
    const node = this.#handle.node ?? (await this.#handle.made)
    if (typeof second === 'string' || node.hasNetwork(first))
      return await node.join(first, checkString('address', second as string), options)
    return await node.joinByTicket(checkString('ticket', first), second ?? {})
  }

  /**
   * A text with which others join this node: `join(ticket)`. It has addresses, this node's key, and the secret or a
   * grant; anybody who reads it can use it, so pass it on as you would a password. At most 2,048 characters. Rejects with a
   * TypeError or RangeError that names what is wrong in `options`.
   */
  async ticket(options: TicketOptions = {}): Promise<string> {
    const node = this.#handle.node ?? (await this.#handle.made)
    return await node.ticket(options)
  }

  /**
   * Makes a link of any ordered, reliable pipe: a Node Duplex, a pair of Web Streams, a MessagePort or a
   * `ByteDuplex`. The other node attaches the other end. Resolves with the id of that node; rejects with an
   * `ASTRA_ERR_LINK_*` when there is no node of this network at the other end, and with `ECONNABORTED` when this node
   * is closed meanwhile. The pipe belongs to the node from now on.
   */
  async attach(pipe: Pipe, options: AttachOptions = {}): Promise<NodeId> {
    const { security } = checkOptions(options)
    const signal = checkSignal(options.signal)
    this.#handle.begin()
    const node = this.#handle.node ?? (await this.#handle.made)
    node.checkOpen('attach', '')
    const own = security === undefined ? {} : { security }
    const { memory } = node
    return await node.attach(toByteDuplex(pipe, { ...own, memory }), signal)
  }

  /**
   * Replaces the node's policy; `undefined`: all is allowed. From this call on it decides about new links, dials and
   * offers, those in flight included; dials that wait for a service look again. What exists already stays, unless
   * `endForbidden` is set: then it resolves when the forbidden links are closed. Rejects with a TypeError or RangeError
   * that names what is wrong in `policy`, and the former policy stays. Services that this node may not offer any more
   * stay bound, and are not found by name here; other nodes ask their own policies.
   */
  async setPolicy(policy: Policy | undefined, options: SetPolicyOptions = {}): Promise<void> {
    const node = this.#handle.node ?? (await this.#handle.made)
    await node.setPolicy(policy, options)
  }

  /**
   * What the policy answers to `question`, which rule decides, and why the earlier ones do not: for example
   * `{ action: 'dial', peer: socket.remoteIdentity, service: { name: 'db', environment: '', port: 1 } }`. It asks the
   * policy alone, not what a grant or a listener's `allow` decides. Rejects with a TypeError that names what is wrong
   * in `question`.
   */
  async explain(question: PolicyQuestion, options: { signal?: AbortSignal } = {}): Promise<Explanation> {
    const node = this.#handle.node ?? (await this.#handle.made)
    return await node.explain(question, checkSignal(checkOptions(options).signal))
  }

  /**
   * Makes this node a router, as the option `role` does, and returns it. Throws an AstraError with the code
   * `ASTRA_ERR_NODE_STARTED` once the node has listened, joined, bound or been attached, and a RangeError for a node that
   * holds only what it asks for.
   */
  router(): this {
    this.#handle.setRole('router', 'router()')
    return this
  }

  /** Makes this node a leaf, as the option `role` does, and returns it. Throws as {@link router} does. */
  client(): this {
    this.#handle.setRole('leaf', 'client()')
    return this
  }

  /**
   * What the node knows and does at this moment, as plain data for people and monitoring: its part of the network's
   * catalogue and its links. Node ids are bigints, as everywhere, so `JSON.stringify` needs a replacer that writes them,
   * for example by `formatNodeId`. The cost grows with what the node holds. Throws as {@link nodeId} does.
   */
  inspect(): NodeInspection {
    return this.#handle.now.inspect()
  }

  /**
   * The round trip to a neighbour in ms, measured now by a ping on the link. `EHOSTUNREACH` if there is no link;
   * `ASTRA_ERR_SESSION_OVER` if it ends meanwhile.
   */
  async ping(nodeId: NodeId): Promise<number> {
    const address = formatNodeId(toNodeId(nodeId))
    const node = this.#handle.node ?? (await this.#handle.made)
    node.checkOpen('ping', address)
    const link = node.preferred.linkTo(nodeId)
    if (link !== undefined) return await link.ping()
    throw new NetError('EHOSTUNREACH', 'there is no link to this node', { syscall: 'ping', address })
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

  /**
   * Closes the node: listeners, endpoints and links. Open sockets are destroyed here, and fail with `ECONNRESET` on
   * the other side; pending calls reject with `ECONNABORTED`, later ones with `ERR_SOCKET_CLOSED`. Resolves when
   * everything has closed, which takes up to `closeTimeoutMs` (3 s) if a peer is dead. Idempotent; a view closes the
   * node it is a view of. With `drainMs` the streams that neighbours have open may end by themselves first. Rejects
   * with a TypeError or RangeError that names what is wrong in `options`.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    await this.#handle.close(checkCloseOptions(options))
  }

  /** Closes the node. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
