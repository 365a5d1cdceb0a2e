import { toNodeId, type AstraError, type NodeId } from '@astranet/interface'
import { checkInteger, checkOptions, invalidArgument, invalidValue } from '@astranet/interface/check'
import { after, type MaybePromise } from './crypto.js'
import type { RegistryInspection } from './inspection.js'
import {
  CATALOGUE_NAMES,
  FILTER_NAMES,
  ROLE_NAMES,
  SERVICE_NAMES,
  type CatalogueOptions,
  type CatalogueRole,
  type CatalogueRoleOptions,
  type CatalogueScope,
  type NeighbourFacts,
  type ServiceFilter,
  type ServiceName,
  type ServiceOptions,
} from './model/catalogue-options.js'
import type { LinkRecord, NodeRecord } from './model/record.js'
import type { Refused, Report } from './report.js'
import type { Route } from './route.js'
import { Engine } from './sync/engine.js'
import { inspect } from './sync/inspect.js'
import type { ServiceChange, ServiceInstance } from './view/service-instance.js'
import type { Watch } from './view/watch.js'
import type { Want } from './want.js'
import { encodeMessage } from './wire/encode.js'
import type { RegistryMessage } from './wire/registry-message.js'

/** Two less than the largest, so that a later incarnation can be adopted. */
const INCARNATION_RANGE = { min: 0, max: Number.MAX_SAFE_INTEGER - 2 }

/**
 * What the nodes of a network offer, as far as this node holds it, kept current as services, nodes and links come and
 * go. It is the node's own records, those of its neighbours, and what routers pass on.
 *
 * It does no I/O and has no timers. The owner of the links reports them (`neighbourUp`, `neighbourIncarnation`,
 * `neighbourDown`), passes on what arrives (`receive`), and after any call that may have changed something, when
 * `onWork` was called, and at `dueAt`, sends what is due: for each neighbour of `due` it takes `nextMessage` until
 * `undefined`, or until the link's buffer is full (what is due stays due, nothing is queued; `due` names the neighbour
 * again). Links carry messages in order and whole, or go down. Reads answer at once from what is held.
 *
 * All times are ms of one clock that never goes back.
 */
export class Catalogue {
  readonly #engine: Engine
  readonly #onWork: (() => void) | undefined
  #isClosed = false

  /** Throws a `TypeError` or `RangeError` that names the option that is wrong or not known. */
  constructor(options: CatalogueOptions) {
    checkOptions('options', options, CATALOGUE_NAMES)
    checkInteger('incarnation', options.incarnation, INCARNATION_RANGE)
    checkRole(options)
    this.#onWork = options.onWork
    this.#engine = new Engine(options, () => this.#worked())
  }

  /** The node that this catalogue belongs to. */
  get self(): NodeId {
    return this.#engine.state.self
  }

  /** What this node does for the network. */
  get role(): CatalogueRole {
    return this.#engine.state.role
  }

  /** How much of the catalogue this node holds. */
  get catalogue(): CatalogueScope {
    return this.#engine.state.scope
  }

  /** This node's present incarnation: the one given, or a later one that it had to adopt. */
  get incarnation(): number {
    return this.#engine.own.services.log.incarnation
  }

  /**
   * Changes what this node does for the network. Only before the first neighbour is up: later it throws an `Error`.
   * Throws a `RangeError` for a router that holds only what is wanted. What was published is kept.
   */
  setRole(options: CatalogueRoleOptions): void {
    checkOptions('options', options, ROLE_NAMES)
    checkRole(options)
    if (this.#engine.state.neighbours.count > 0)
      throw new Error('the role cannot change while neighbours are up')
    this.#engine.setRole(options)
    this.#settle()
  }

  /**
   * Offers a service, or changes its tags, weight, zone, version or health. Returns whether that changed anything.
   * Throws a `TypeError` or `RangeError` that names what is wrong, also when this node publishes too much (see
   * `CatalogueLimits`).
   */
  publishService(options: ServiceOptions): boolean {
    checkOptions<ServiceOptions>('options', options, SERVICE_NAMES)
    return this.#settled(this.#engine.ownRecords.publishService(options))
  }

  /** Withdraws a service of this node. Returns whether it was offered. Throws like `publishService`. */
  withdrawService(name: ServiceName): boolean {
    return this.#settled(this.#engine.ownRecords.withdrawService(name))
  }

  /**
   * Publishes this node's roles and where it listens. Returns whether that changed anything. The routers that it has
   * links to are added by the catalogue itself.
   */
  setNode(node: { readonly roles: readonly string[]; readonly addresses: readonly string[] }): boolean {
    return this.#settled(this.#engine.ownRecords.setNode(node.roles, node.addresses))
  }

  /**
   * Takes the cost of the link to `neighbour`: its round-trip time in ms, measured at `now` (ms). Call it at each
   * measurement. The first one is effective, and later ones that differ by a quarter and by 5 ms at least, at most
   * every 10 s. The cost is published when both ends are routers. Returns whether something has to be sent. Ignored: a
   * neighbour that is not up (the measurement came too late).
   */
  publishLink(neighbour: NodeId, costMs: number, now: number): boolean {
    this.#engine.state.advance(now)
    const isChanged = this.#engine.ownLinks.measured(neighbour, costMs, now)
    if (isChanged) this.#engine.links.costChanged(neighbour)
    if (isChanged) this.#engine.state.signal.mark()
    return this.#settled(isChanged)
  }

  /**
   * This node is about to leave the network: it withdraws its services, its node record and its links, and sends that
   * as its last state. Afterwards it publishes nothing; `publishService` and `setNode` throw an `Error`. Idempotent.
   */
  leave(now: number): void {
    this.#engine.state.advance(now)
    this.#engine.leave()
    this.#settle()
  }

  /** Whether this node has left, and its last state was taken for all neighbours that it goes to. */
  get hasLeft(): boolean {
    return this.#engine.hasLeft
  }

  /**
   * A link to a neighbour can carry messages from `now` (ms) on. If the neighbour is up already, the exchange starts
   * over on another link, and what is visible stays so meanwhile. Throws a `RangeError` for this node's own id.
   */
  neighbourUp(facts: NeighbourFacts, now: number): void {
    const nodeId = toNodeId(facts.nodeId)
    if (nodeId === this.self) throw invalidValue('facts.nodeId', 'must be another node than self', nodeId)
    this.#engine.state.advance(now)
    this.#engine.links.up(facts)
    this.#settle()
  }

  /** The neighbour has adopted a later incarnation and said so on its link. Ignored when it is not up. */
  neighbourIncarnation(nodeId: NodeId, incarnation: number, now: number): void {
    this.#engine.state.advance(now)
    const neighbour = this.#engine.state.neighbours.get(nodeId)
    if (neighbour !== undefined) this.#engine.links.told(neighbour, incarnation)
    this.#settle()
  }

  /**
   * There is no link to the neighbour any more. What it offers stays visible when it is reachable through routers.
   * Idempotent.
   */
  neighbourDown(nodeId: NodeId, now: number): void {
    this.#engine.state.advance(now)
    const neighbour = this.#engine.state.neighbours.get(nodeId)
    if (neighbour === undefined) return
    this.#engine.links.down(neighbour)
    this.#settle()
  }

  /**
   * Takes a message that `from` sent, at `now` (ms). Returns `undefined`, or why no more may be taken from the peer
   * (close the link, then call `neighbourDown`). It returns a promise when the message needs a signature to be checked
   * and `crypto` answers by promises: pass on that neighbour's next message only when the promise has settled; those of
   * other neighbours need not wait. It never throws for what a peer sent, and the promise rejects only
   * if `crypto` does:
   * - `ASTRA_ERR_REGISTRY_MESSAGE`: it is malformed, or a field is out of range;
   * - `ASTRA_ERR_REGISTRY_FORGED`: it sent a state that the owner did not sign, or does so again and again;
   * - `ASTRA_ERR_REGISTRY_LIMIT`: it publishes, or wants, more than is allowed;
   * - `ASTRA_ERR_REGISTRY_ABUSE`: it requests again and again what it was sent, or sends far too many changes.
   *
   * A message of a neighbour that is not up is dropped: its link went down while the message was in flight.
   */
  receive(from: NodeId, message: unknown, now: number): MaybePromise<AstraError | undefined> {
    const { state, exchange } = this.#engine
    state.advance(now)
    const neighbour = state.neighbours.get(from)
    if (neighbour === undefined || this.#isClosed) return undefined
    let isLater = false
    const outcome = after(exchange.receive(neighbour, message), (error) => {
      if (this.#isClosed) return undefined
      if (isLater) this.#worked()
      else this.#settle()
      return neighbour.isUp ? error : undefined
    })
    isLater = true
    return outcome
  }

  /**
   * Does what time brings (seals changes, asks again, forgets), and returns the neighbours for which `nextMessage` has
   * something at `now` (ms). Call it after each call that may have changed something, when `onWork` was called, and at
   * `dueAt`. The list is empty when nothing is due; its cost does not grow with the number of neighbours.
   */
  due(now: number): NodeId[] {
    const { state } = this.#engine
    state.advance(now)
    if (this.#isClosed) return []
    this.#engine.work()
    this.#settle()
    return state.neighbours.readyIds()
  }

  /**
   * The next message that is due to a neighbour at `now` (ms), or `undefined` when none is or it is not up. The message
   * is a msgpack array of at most 65,536 bytes when encoded, to be sent at once.
   */
  nextMessage(to: NodeId, now: number): RegistryMessage | undefined {
    const { state, outbox } = this.#engine
    state.advance(now)
    const neighbour = state.neighbours.get(to)
    if (neighbour === undefined || this.#isClosed) return undefined
    const message = outbox.next(neighbour)
    if (message === undefined) {
      state.neighbours.rest(neighbour)
      return undefined
    }
    state.sentMessages++
    return encodeMessage(message)
  }

  /** When `due` may have more although nothing arrives: ms, later than `now` or equal. `undefined`: nothing waits. */
  dueAt(now: number): number | undefined {
    const at = this.#engine.dueAt
    return at === undefined ? undefined : Math.max(at, now)
  }

  /**
   * The neighbours that were refused since the last call (`ASTRA_ERR_REGISTRY_LIMIT`): they were the largest owners
   * when there was no room. They are down already: close all links to them. Ask after each `due`.
   */
  takeRefused(): readonly Refused[] {
    return this.#engine.memory.takeRefused()
  }

  /** What happened since the last call that an operator may want to know; at most 64 wait, the newest ones. */
  takeReports(): readonly Report[] {
    return this.#engine.state.reports.take()
  }

  /** The services that are visible now: this node's, and those of all nodes that are reachable. */
  services(filter: ServiceFilter = {}): ServiceInstance[] {
    return this.#engine.view.list(checkOptions('filter', filter, FILTER_NAMES))
  }

  /**
   * The instances of a name, or those at `port`, by node id and port: the same on all nodes with the same knowledge.
   */
  resolve(environment: string, name: string, port?: number): readonly ServiceInstance[] {
    return this.#engine.view.resolve(environment, name, port)
  }

  /** What a node publishes about itself: this node, or one that is reachable. */
  node(nodeId: NodeId): NodeRecord | undefined {
    return this.#engine.reader.node(nodeId)
  }

  /** The public key of a node whose state is held. */
  publicKeyOf(nodeId: NodeId): Uint8Array | undefined {
    return this.#engine.reader.publicKeyOf(nodeId)
  }

  /**
   * The link that `from` publishes to `to`, likewise. This node's own links have their cost; those of others have one
   * when both ends are routers.
   */
  link(from: NodeId, to: NodeId): LinkRecord | undefined {
    return this.#engine.reader.link(from, to)
  }

  /** The ids of the neighbours that are up. */
  neighbours(): NodeId[] {
    return [...this.#engine.state.neighbours.ids]
  }

  /** Whether there is a link to that node. */
  isUp(nodeId: NodeId): boolean {
    return this.#engine.state.neighbours.isUp(nodeId)
  }

  /** Whether that node is up and everything that it offered when its link came up is known. */
  isCurrent(nodeId: NodeId): boolean {
    return this.#engine.state.neighbours.get(nodeId)?.isCurrent === true
  }

  /** Whether that node is this one, or there is a way to it and its services are visible. */
  isReachable(nodeId: NodeId): boolean {
    return nodeId === this.self || this.#engine.visibility.has(nodeId)
  }

  /** The other nodes that are reachable, in no order. Do not change the catalogue while iterating. */
  reachable(): Iterable<NodeId> {
    return this.#engine.visibility.owners()
  }

  /**
   * The cheapest way to a node over routers, at most 16 hops; `undefined` when there is none. On a leaf that holds only
   * what it wants it is the way through its router, whose cost is not known.
   */
  routeTo(nodeId: NodeId): Route | undefined {
    return this.#engine.reader.routeTo(nodeId)
  }

  /**
   * Watches what is offered, of one environment or name if `filter` says so; see {@link Watch}. `onPending` only
   * schedules a `take`, and must not throw.
   */
  watch(onPending: () => void, filter?: ServiceFilter): Watch<ServiceChange> {
    if (filter !== undefined) checkOptions('filter', filter, FILTER_NAMES)
    return this.#engine.view.watch(onPending, filter)
  }

  /**
   * Calls `onChange` after each call that changed which neighbours are up or current, which nodes are reachable, a node
   * or link record, or this node's `incarnation`. It only schedules, and must not throw. Returns what ends that;
   * idempotent.
   */
  watchGraph(onChange: () => void): () => void {
    return this.#engine.state.signal.watch(onChange)
  }

  /**
   * Calls `onChange` with each other node that can be reached from now on, or not any more, in the middle of the call
   * that changed it: note the id, and ask `isReachable` when `watchGraph` calls. It must not throw. Returns what ends
   * that; idempotent.
   */
  watchReachable(onChange: (nodeId: NodeId) => void): () => void {
    return this.#engine.state.signal.watchReach(onChange)
  }

  /**
   * Asks the network for a name, until the result is closed. On nodes that hold all it only tells when the answer is
   * there. Interest in one name from several callers is sent once. `onAnswered` is called once, when `isAnswered`
   * becomes true after this call; it only schedules, and must not throw. Throws a `TypeError` or `RangeError` that
   * names what is wrong, and an `AstraError` with `ASTRA_ERR_REGISTRY_LIMIT` for more than 1,024 different names.
   */
  want(environment: string, name: string, onAnswered?: () => void): Want {
    const want = this.#engine.home.interests.want(environment, name, onAnswered)
    this.#settle()
    return want
  }

  /** Asks the network for everything, as `want` does. */
  wantAll(onAnswered?: () => void): Want {
    const want = this.#engine.home.interests.wantAll(onAnswered)
    this.#settle()
    return want
  }

  /** What this catalogue holds and does, as plain data. Its cost grows with what is held. */
  inspect(): RegistryInspection {
    return inspect(this.#engine)
  }

  /** Ends everything: watches report nothing more, and what settles later changes nothing. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#engine.close()
  }

  #settled(isChanged: boolean): boolean {
    this.#settle()
    return isChanged
  }

  /** Something was done that no call waited for. */
  #worked(): void {
    if (this.#isClosed) return
    this.#settle()
    this.#onWork?.()
  }

  /** Calls watchers, once what a call did is complete. */
  #settle(): void {
    if (!this.#isClosed) this.#engine.settle()
  }
}

function checkRole({ role, catalogue }: CatalogueRoleOptions): void {
  if (role === 'router' && catalogue === 'wanted')
    throw invalidArgument('options.catalogue', "must be 'all' for a router")
}
