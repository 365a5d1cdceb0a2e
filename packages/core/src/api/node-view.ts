import { formatNodeId, toNodeId, type NodeId } from '@astranet/interface'
import type { Explanation, Policy, PolicyQuestion } from '@astranet/policy'
import type { NodeInspection } from '../node/inspection.js'
import { metricsOf, type Metric } from '../node/metrics.js'
import type { Node } from '../node/node.js'
import type { NodeHandle } from '../node/node-handle.js'
import { checkOptions, checkSignal } from './check.js'
import { checkCloseOptions, type CloseOptions } from './close-options.js'
import type { DialScope } from './dial-options.js'
import { DiscoveryView } from './discovery-view.js'
import { checkDrainOptions, type DrainOptions } from './drain-options.js'
import { checkLeaveOptions, type LeaveOptions } from './leave-options.js'
import { NetError } from './net-error.js'
import type { SetPolicyOptions } from './policy-options.js'
import type { TicketOptions } from './ticket-options.js'

/** The part of `AstraNet` that is about the node itself: who it is, what it does, and how it ends. */
export class NodeView extends DiscoveryView implements AsyncDisposable {
  readonly #handle: NodeHandle<unknown, unknown>

  /** @internal */
  constructor(handle: NodeHandle<unknown, unknown>, scope: DialScope) {
    super(handle, scope)
    this.#handle = handle
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

  /** Whether `close` was called. */
  get isClosed(): boolean {
    return this.#handle.isClosed
  }

  /**
   * A text with which others join this node: `join(ticket)`. It has addresses, this node's key, and the secret or a
   * grant; anybody who reads it can use it, so pass it on as you would a password. At most 2,048 characters. Rejects
   * with a TypeError or RangeError that names what is wrong in `options`.
   */
  ticket(options: TicketOptions = {}): Promise<string> {
    this.#handle.begin()
    return this.#call(async (node) => {
      // Its addresses may be those that a variable names.
      await this.#handle.started
      return await node.ticket(options)
    })
  }

  /**
   * Replaces the node's policy; `undefined`: all is allowed. From this call on it decides about new links, dials and
   * offers, those in flight included; dials that wait for a service look again. What exists already stays, unless
   * `endForbidden` is set: then it resolves when the forbidden links are closed. Rejects with a TypeError or RangeError
   * that names what is wrong in `policy`, and the former policy stays. Services that this node may not offer any more
   * stay bound, and are not found by name here; other nodes ask their own policies.
   */
  setPolicy(policy: Policy | undefined, options: SetPolicyOptions = {}): Promise<void> {
    return this.#call((node) => node.setPolicy(policy, options))
  }

  /**
   * What the policy answers to `question`, which rule decides, and why the earlier ones do not: for example
   * `{ action: 'dial', peer: socket.remoteIdentity, service: { name: 'db', environment: '', port: 1 } }`. It asks the
   * policy alone, not what a grant or a listener's `allow` decides. Rejects with a TypeError that names what is wrong
   * in `question`.
   */
  explain(question: PolicyQuestion, options: { signal?: AbortSignal } = {}): Promise<Explanation> {
    return this.#call((node) =>
      node.explain(question, checkSignal(checkOptions('options', options, { signal: true }).signal)),
    )
  }

  /**
   * Makes this node a router, as the option `role` does, and returns it. Throws an AstraError with the code
   * `ASTRA_ERR_NODE_STARTED` once the node has listened, joined, bound or been attached, and a TypeError for a node
   * that holds only what it asks for.
   */
  router(): this {
    this.#handle.setMode('router()', { role: 'router' })
    return this
  }

  /**
   * Makes this node a client, and returns it: a leaf that offers nothing. `bind` and `listenAndServe` then reject with
   * `EOPNOTSUPP`, and the variable `SKYNET_BIND` has no effect. A leaf that offers services has the option
   * `role: 'leaf'` instead. Throws as {@link router} does.
   */
  client(): this {
    this.#handle.setMode('client()', { role: 'leaf', isClient: true })
    return this
  }

  /**
   * Makes this node a server, and returns it: a plain node that connects only where its program joins. It does not dial
   * the addresses that other nodes advertise, and takes no part in hole punching, as with the option
   * `invitations: false`; it reaches other nodes, and they reach it, by the links that there are and through routers.
   * Throws as {@link router} does.
   */
  server(): this {
    this.#handle.setMode('server()', { role: 'node', isServer: true })
    return this
  }

  /**
   * What the node knows and does at this moment, as plain data for people and monitoring: its part of the network's
   * catalogue and its links. Node ids are bigints, as everywhere, so `JSON.stringify` needs the replacer
   * `nodeIdsAsText`. The cost grows with what the node holds. Throws as {@link nodeId} does.
   */
  inspect(): NodeInspection {
    return this.#handle.now.inspect()
  }

  /**
   * Counters and gauges of the node for monitoring, as plain data with the names, types and help texts of Prometheus;
   * `examples/metrics` of the repository has a collector for prom-client. Names, types, units and labels are stable.
   * Counts begin with the node. The cost is that of {@link inspect}. Throws as {@link nodeId} does.
   */
  metrics(): Metric[] {
    return metricsOf(this.#handle.now.inspect())
  }

  /**
   * The round trip to a neighbour in ms, measured now by a ping on the link. `EHOSTUNREACH` if there is no link;
   * `ASTRA_ERR_SESSION_OVER` if it ends meanwhile.
   */
  async ping(nodeId: NodeId): Promise<number> {
    const address = formatNodeId(toNodeId(nodeId))
    return await this.#call((node) => {
      node.checkOpen('ping', address)
      const link = node.preferred.linkTo(nodeId)
      if (link !== undefined) return link.ping()
      throw new NetError('EHOSTUNREACH', 'there is no link to this node', { syscall: 'ping', address })
    })
  }

  /**
   * Ends all links with a node, direct ones and those through routers, and joins it no more: joins that have led to it
   * stop, and their promises, if they still wait, reject with `ECONNABORTED`. The other node receives `reason`. Sockets
   * over these links are destroyed here, and fail with `ECONNRESET` on the other side, as when the node closes; with
   * `drainMs` they may end by themselves first. Later calls of `join`, `dial` or `attach` may make a link to the node
   * again, and the other node may make one: to keep it out, set a policy.
   *
   * Resolves with the number of links that were ended, once they have closed. Rejects with a TypeError or RangeError
   * that names the argument that is wrong.
   */
  async leave(nodeId: NodeId, options: LeaveOptions = {}): Promise<number> {
    const left = toNodeId(nodeId)
    const checked = checkLeaveOptions(options)
    return await this.#call((node) => {
      node.checkOpen('leave', formatNodeId(left))
      return node.leave(left, checked)
    })
  }

  /**
   * Closes the node, and lets open streams end first: it is withdrawn from the network at once, and its neighbours get
   * a go-away and open no new streams. Streams that are still open after `deadlineMs` are reset. Resolves when
   * everything has closed. It is `close` with `drainMs`: a later call with less time shortens the wait,
   * and `close()` ends it. Rejects with a TypeError or RangeError that names what is wrong in `options`.
   */
  async drain(options: DrainOptions = {}): Promise<void> {
    await this.#handle.close(checkDrainOptions(options))
  }

  /**
   * Closes the node: listeners, endpoints and links. Open sockets are destroyed here, and fail with `ECONNRESET` on
   * the other side; pending calls reject with `ECONNABORTED`, later ones with `ERR_SOCKET_CLOSED`. Resolves when
   * everything has closed, which takes up to `closeTimeoutMs` (3 s) if a peer is dead. Idempotent; a view closes the
   * node it is a view of. With `drainMs` open streams may end by themselves first. Rejects
   * with a TypeError or RangeError that names what is wrong in `options`.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    await this.#handle.close(checkCloseOptions(options))
  }

  /** Closes the node. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** A call of the program; what it throws rejects. */
  #call<T>(call: (node: Node<unknown, unknown>) => Promise<T>): Promise<T> {
    const begun = async (): Promise<T> => await call(this.#handle.node ?? (await this.#handle.made))
    return this.#handle.pending(begun())
  }
}
