import { toNodeId, type AstraError, type NodeId } from '@astranet/interface'
import { checkInteger } from '@astranet/interface/check'
import { GraphSignal } from './graph/graph-signal.js'
import { GraphView } from './graph/graph-view.js'
import { IncarnationClaims } from './log/incarnation-claims.js'
import { OwnLinks } from './log/own-links.js'
import { OwnRecords } from './log/own-records.js'
import { OwnerLog } from './log/owner-log.js'
import type {
  CatalogueOptions,
  ServiceFilter,
  ServiceName,
  ServiceOptions,
} from './model/catalogue-options.js'
import { resolveLimits } from './model/limits.js'
import type { LinkRecord, NodeRecord } from './model/record.js'
import { Exchange, type Refused } from './sync/exchange.js'
import type { RegistryMessage } from './sync/messages.js'
import { Neighbours } from './sync/neighbours.js'
import { ServiceIndex, type ServiceChange, type ServiceInstance } from './view/service-index.js'
import type { Watch } from './view/watch.js'

/** One less than the largest, so that a later incarnation can be adopted. */
const INCARNATION_RANGE = { min: 0, max: Number.MAX_SAFE_INTEGER - 1 }

/**
 * What this node and its direct neighbours offer, kept current as services and links come and go.
 *
 * It does no I/O and has no timers. The owner of the links reports them (`neighbourUp`, `neighbourDown`), passes on
 * what arrives (`receive`), and after any call that may have changed something sends each neighbour what is due
 * (`nextMessage` until `undefined`, or until the link's buffer is full: what is due stays due, nothing is queued).
 * Links must carry messages in order and whole, or go down. Reads answer at once from what is known.
 */
export class Catalogue {
  readonly self: NodeId
  readonly #log: OwnerLog
  readonly #index: ServiceIndex = new ServiceIndex()
  readonly #graph: GraphSignal = new GraphSignal()
  readonly #neighbours: Neighbours
  readonly #ownRecords: OwnRecords
  readonly #ownLinks: OwnLinks
  readonly #claims: IncarnationClaims
  readonly #exchange: Exchange
  readonly #graphView: GraphView

  constructor(options: CatalogueOptions) {
    const self = toNodeId(options.self)
    this.self = self
    const limits = resolveLimits(options)
    const log = new OwnerLog(checkInteger('incarnation', options.incarnation, INCARNATION_RANGE), limits)
    this.#log = log
    this.#neighbours = new Neighbours({ self, log, limits })
    const parts = { self, log, index: this.#index, graph: this.#graph, neighbours: this.#neighbours }
    this.#ownRecords = new OwnRecords(parts)
    this.#ownLinks = new OwnLinks(parts)
    this.#claims = new IncarnationClaims(log, this.#graph)
    this.#exchange = new Exchange({ ...parts, claims: this.#claims, ownLinks: this.#ownLinks })
    this.#graphView = new GraphView({ ...parts, ownLinks: this.#ownLinks })
  }

  /** This node's present incarnation: the one given, or a later one that it had to adopt. */
  get incarnation(): number {
    return this.#log.version.incarnation
  }

  /**
   * Offers a service, or changes its tags and weight. Returns whether that changed anything. Throws a `TypeError` or
   * `RangeError` that names what is wrong, also when this node publishes too much (see `CatalogueLimits`).
   */
  publishService(options: ServiceOptions): boolean {
    return this.#notified(this.#ownRecords.publishService(options))
  }

  /** Withdraws a service of this node. Returns whether it was offered. Throws like `publishService`. */
  withdrawService(name: ServiceName): boolean {
    return this.#notified(this.#ownRecords.withdrawService(name))
  }

  /** Publishes this node's roles and where it listens. Returns whether that changed anything. */
  setNode(node: { readonly roles: readonly string[]; readonly addresses: readonly string[] }): boolean {
    return this.#notified(this.#ownRecords.setNode(node.roles, node.addresses))
  }

  /**
   * Takes the cost of the link to `neighbour`: its round-trip time in ms, measured at `now` (ms). Call it at each
   * measurement. The first one is effective, and later ones that differ by a quarter and by 5 ms at least, at most
   * every 10 s. The link is published, and its cost only when both of its ends have the role `router`. Returns whether
   * something has to be sent. Ignored: a neighbour that is not up (the measurement came too late), and a link for whose
   * entry there is no room (see `CatalogueLimits`).
   */
  publishLink(neighbour: NodeId, cost: number, now: number): boolean {
    return this.#notified(this.#ownLinks.measured(neighbour, cost, now))
  }

  /**
   * A link to `neighbour` can carry messages from `now` (ms) on. What the neighbour offers is visible once it was
   * received on this link, so nothing of an earlier life of that node shows. If the neighbour is up already, the
   * exchange starts over on another link, and what it offers stays visible meanwhile. Throws a `RangeError` for this
   * node's own id.
   *
   * `incarnation` is the one in the neighbour's HELLO on that link. It decides whether entries that are retained of the
   * neighbour can be its own; without it none of them is named, and the neighbour sends everything.
   */
  neighbourUp(neighbour: NodeId, now: number, incarnation?: number): void {
    if (toNodeId(neighbour) === this.self) throw new RangeError('neighbour must be another node than self')
    this.#exchange.neighbourUp(neighbour, incarnation, now)
    this.#notify()
  }

  /**
   * There is no link to `neighbour` any more: from now on nothing that it offers is offered here, and this node's link
   * to it is withdrawn. Idempotent.
   */
  neighbourDown(neighbour: NodeId, now: number): void {
    this.#exchange.neighbourDown(neighbour, now)
    this.#notify()
  }

  /**
   * The next message that is due to a neighbour at `now` (ms), or `undefined` when none is or it is not up. Ask again
   * after each call that may have changed something, and at `dueAt`.
   */
  nextMessage(to: NodeId, now: number): RegistryMessage | undefined {
    this.#claims.adoptDue(now)
    this.#graph.notify()
    return this.#exchange.next(to, now)
  }

  /**
   * When something becomes due to a neighbour that is not due at `now` (ms): the neighbour requested more often than it
   * may what it was sent before, or a claim about this node waits. `undefined` when nothing waits.
   */
  dueAt(to: NodeId, now: number): number | undefined {
    return this.#exchange.dueAt(to, now)
  }

  /**
   * Takes a message that `from` sent, at `now` (ms). Returns `undefined`, or why no more may be taken from the peer
   * (close the link, then call `neighbourDown`); it never throws for what a peer sent:
   * - `ASTRA_ERR_REGISTRY_MESSAGE`: it is malformed, or a field is out of range;
   * - `ASTRA_ERR_REGISTRY_OWNER`: it speaks for a node that it may not speak for;
   * - `ASTRA_ERR_REGISTRY_LIMIT`: its owner publishes more than is allowed;
   * - `ASTRA_ERR_REGISTRY_INCARNATION`: it claims a version of this node that this node cannot have had;
   * - `ASTRA_ERR_REGISTRY_ABUSE`: it requests again and again what it was sent.
   *
   * A message of a neighbour that is not up is dropped: its link went down while the message was in flight.
   *
   * When more is held of all neighbours than there is room for, the largest is refused, also when another one sent this
   * message: see `takeRefused`.
   */
  receive(from: NodeId, message: unknown, now: number): AstraError | undefined {
    const error = this.#exchange.receive(from, message, now)
    this.#notify()
    return error
  }

  /**
   * The neighbours that were refused since the last call because they were the largest when there was no room
   * (`ASTRA_ERR_REGISTRY_LIMIT`). They are down already and forgotten: close all links to them. Ask after each
   * `receive`.
   */
  takeRefused(): readonly Refused[] {
    return this.#exchange.takeRefused()
  }

  /** The services that are offered now: this node's, and those of neighbours that are up. */
  services(filter: ServiceFilter = {}): ServiceInstance[] {
    return this.#index.list(filter)
  }

  /**
   * The instances of a name, or those at `port`, by node id and port: the same on all nodes with the same knowledge.
   */
  resolve(environment: string, name: string, port?: number): readonly ServiceInstance[] {
    return this.#index.resolve(environment, name, port)
  }

  /** What a node publishes about itself: this node, or a neighbour that is up and whose entries were received. */
  node(nodeId: NodeId): NodeRecord | undefined {
    return this.#graphView.node(nodeId)
  }

  /**
   * The link that `from` publishes to `to`, likewise. This node's own links have their cost; those of others have one
   * when both ends are routers.
   */
  link(from: NodeId, to: NodeId): LinkRecord | undefined {
    return this.#graphView.link(from, to)
  }

  /** The ids of the neighbours that are up. */
  neighbours(): NodeId[] {
    return this.#neighbours.upIds()
  }

  /** Whether there is a link to that node. */
  isUp(neighbour: NodeId): boolean {
    return this.#neighbours.isUp(neighbour)
  }

  /** Whether that node is up and everything that it offered when its link came up is known. */
  isCurrent(neighbour: NodeId): boolean {
    return this.#neighbours.current(neighbour) !== undefined
  }

  /** Watches what is offered; see {@link Watch}. `onPending` only schedules a `take`, and must not throw. */
  watch(onPending: () => void): Watch<ServiceChange> {
    return this.#index.watch(onPending)
  }

  /**
   * Calls `onChange` after each call that changed which neighbours are up or current, a node or link entry, or this
   * node's `incarnation`. It only schedules, and must not throw. Returns what ends that; idempotent.
   */
  watchGraph(onChange: () => void): () => void {
    return this.#graph.watch(onChange)
  }

  #notified(isChanged: boolean): boolean {
    this.#notify()
    return isChanged
  }

  /** Calls watchers, once what a call did is complete. */
  #notify(): void {
    this.#index.notify()
    this.#graph.notify()
  }
}
