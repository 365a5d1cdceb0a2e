import type { AstraError, NodeId } from '@astranet/interface'
import type { RegistryInspection } from './inspection.js'
import type {
  CatalogueOptions,
  CatalogueRole,
  CatalogueRoleOptions,
  CatalogueScope,
  NeighbourFacts,
  ServiceFilter,
  ServiceName,
  ServiceOptions,
} from './model/catalogue-options.js'
import type { LinkRecord, NodeRecord } from './model/record.js'
import type { Refused, Report } from './report.js'
import type { RegistryMessage } from './sync/messages.js'
import type { ServiceChange, ServiceInstance } from './view/service-index.js'
import type { Watch } from './view/watch.js'
import type { Want } from './want.js'

/** A way to a node, see `Catalogue.routeTo`. */
export interface Route {
  /** The routers on the way, in order: at most 15. Empty: there is a link. */
  readonly via: readonly NodeId[]
  /** The sum of the links' round-trip times in ms; `undefined` when one of them is not known. */
  readonly costMs: number | undefined
}

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
  constructor(options: CatalogueOptions) {
    throw new Error(`not built yet: ${options.role}`)
  }

  /** The node that this catalogue belongs to. */
  get self(): NodeId {
    throw new Error('not built yet')
  }

  /** What this node does for the network. */
  get role(): CatalogueRole {
    throw new Error('not built yet')
  }

  /** How much of the catalogue this node holds. */
  get catalogue(): CatalogueScope {
    throw new Error('not built yet')
  }

  /** This node's present incarnation: the one given, or a later one that it had to adopt. */
  get incarnation(): number {
    throw new Error('not built yet')
  }

  /**
   * Changes what this node does for the network. Only before the first neighbour is up: later it throws an `Error`.
   * Throws a `RangeError` for a router that holds only what is wanted. What was published is kept.
   */
  setRole(options: CatalogueRoleOptions): void {
    throw new Error(`not built yet: ${options.role}`)
  }

  /**
   * Offers a service, or changes its tags, weight, zone, version or health. Returns whether that changed anything.
   * Throws a `TypeError` or `RangeError` that names what is wrong, also when this node publishes too much (see
   * `CatalogueLimits`).
   */
  publishService(options: ServiceOptions): boolean {
    throw new Error(`not built yet: ${options.name}`)
  }

  /** Withdraws a service of this node. Returns whether it was offered. Throws like `publishService`. */
  withdrawService(name: ServiceName): boolean {
    throw new Error(`not built yet: ${name.name}`)
  }

  /**
   * Publishes this node's roles and where it listens. Returns whether that changed anything. The routers that it has
   * links to are added by the catalogue itself.
   */
  setNode(node: { readonly roles: readonly string[]; readonly addresses: readonly string[] }): boolean {
    throw new Error(`not built yet: ${node.roles.length}`)
  }

  /**
   * Takes the cost of the link to `neighbour`: its round-trip time in ms, measured at `now` (ms). Call it at each
   * measurement. The first one is effective, and later ones that differ by a quarter and by 5 ms at least, at most
   * every 10 s. The cost is published when both ends are routers. Returns whether something has to be sent. Ignored: a
   * neighbour that is not up (the measurement came too late).
   */
  publishLink(neighbour: NodeId, costMs: number, now: number): boolean {
    throw new Error(`not built yet: ${neighbour} ${costMs} ${now}`)
  }

  /**
   * This node is about to leave the network: it withdraws its services, its node record and its links, and sends that
   * as its last state. Afterwards it publishes nothing; `publishService` and `setNode` throw an `Error`. Idempotent.
   */
  leave(now: number): void {
    throw new Error(`not built yet: ${now}`)
  }

  /**
   * A link to a neighbour can carry messages from `now` (ms) on. If the neighbour is up already, the exchange starts
   * over on another link, and what is visible stays so meanwhile. Throws a `RangeError` for this node's own id.
   */
  neighbourUp(facts: NeighbourFacts, now: number): void {
    throw new Error(`not built yet: ${facts.nodeId} ${now}`)
  }

  /** The neighbour has adopted a later incarnation and said so on its link. Ignored when it is not up. */
  neighbourIncarnation(nodeId: NodeId, incarnation: number, now: number): void {
    throw new Error(`not built yet: ${nodeId} ${incarnation} ${now}`)
  }

  /**
   * There is no link to the neighbour any more. What it offers stays visible when it is reachable through routers.
   * Idempotent.
   */
  neighbourDown(nodeId: NodeId, now: number): void {
    throw new Error(`not built yet: ${nodeId} ${now}`)
  }

  /**
   * Takes a message that `from` sent, at `now` (ms). Returns `undefined`, or why no more may be taken from the peer
   * (close the link, then call `neighbourDown`). It returns a promise when the message needs a signature to be checked
   * and `crypto` answers by promises: pass on that neighbour's next message only when the promise has settled; those of
   * other neighbours need not wait. It never throws for what a peer sent, and the promise never rejects:
   * - `ASTRA_ERR_REGISTRY_MESSAGE`: it is malformed, or a field is out of range;
   * - `ASTRA_ERR_REGISTRY_FORGED`: it sent a state that the owner did not sign, or does so again and again;
   * - `ASTRA_ERR_REGISTRY_LIMIT`: it publishes, or wants, more than is allowed;
   * - `ASTRA_ERR_REGISTRY_ABUSE`: it requests again and again what it was sent, or sends far too many changes.
   *
   * A message of a neighbour that is not up is dropped: its link went down while the message was in flight.
   */
  receive(
    from: NodeId,
    message: unknown,
    now: number,
  ): AstraError | undefined | Promise<AstraError | undefined> {
    throw new Error(`not built yet: ${from} ${typeof message} ${now}`)
  }

  /**
   * Does what time brings (seals changes, asks again, forgets), and returns the neighbours for which `nextMessage` has
   * something at `now` (ms). Call it after each call that may have changed something, when `onWork` was called, and at
   * `dueAt`. The list is empty when nothing is due; its cost does not grow with the number of neighbours.
   */
  due(now: number): NodeId[] {
    throw new Error(`not built yet: ${now}`)
  }

  /**
   * The next message that is due to a neighbour at `now` (ms), or `undefined` when none is or it is not up. The message
   * is a msgpack array of at most 65,536 bytes when encoded, to be sent at once.
   */
  nextMessage(to: NodeId, now: number): RegistryMessage | undefined {
    throw new Error(`not built yet: ${to} ${now}`)
  }

  /** When `due` may have more although nothing arrives: ms, later than `now` or equal. `undefined`: nothing waits. */
  dueAt(now: number): number | undefined {
    throw new Error(`not built yet: ${now}`)
  }

  /**
   * The neighbours that were refused since the last call (`ASTRA_ERR_REGISTRY_LIMIT`): they were the largest owners when
   * there was no room. They are down already: close all links to them. Ask after each `due`.
   */
  takeRefused(): readonly Refused[] {
    throw new Error('not built yet')
  }

  /** What happened since the last call that an operator may want to know; at most 64 wait, the newest ones. */
  takeReports(): readonly Report[] {
    throw new Error('not built yet')
  }

  /** The services that are visible now: this node's, and those of all nodes that are reachable. */
  services(filter: ServiceFilter = {}): ServiceInstance[] {
    throw new Error(`not built yet: ${filter.name}`)
  }

  /**
   * The instances of a name, or those at `port`, by node id and port: the same on all nodes with the same knowledge.
   */
  resolve(environment: string, name: string, port?: number): readonly ServiceInstance[] {
    throw new Error(`not built yet: ${environment} ${name} ${port}`)
  }

  /** What a node publishes about itself: this node, or one that is reachable. */
  node(nodeId: NodeId): NodeRecord | undefined {
    throw new Error(`not built yet: ${nodeId}`)
  }

  /** The public key of a node whose state is held. */
  publicKeyOf(nodeId: NodeId): Uint8Array | undefined {
    throw new Error(`not built yet: ${nodeId}`)
  }

  /**
   * The link that `from` publishes to `to`, likewise. This node's own links have their cost; those of others have one
   * when both ends are routers.
   */
  link(from: NodeId, to: NodeId): LinkRecord | undefined {
    throw new Error(`not built yet: ${from} ${to}`)
  }

  /** The ids of the neighbours that are up. */
  neighbours(): NodeId[] {
    throw new Error('not built yet')
  }

  /** Whether there is a link to that node. */
  isUp(nodeId: NodeId): boolean {
    throw new Error(`not built yet: ${nodeId}`)
  }

  /** Whether that node is up and everything that it offered when its link came up is known. */
  isCurrent(nodeId: NodeId): boolean {
    throw new Error(`not built yet: ${nodeId}`)
  }

  /** Whether that node is this one, or there is a way to it and its services are visible. */
  isReachable(nodeId: NodeId): boolean {
    throw new Error(`not built yet: ${nodeId}`)
  }

  /** The other nodes that are reachable, in no order. Do not change the catalogue while iterating. */
  reachable(): Iterable<NodeId> {
    throw new Error('not built yet')
  }

  /**
   * The cheapest way to a node over routers, at most 16 hops; `undefined` when there is none. On a leaf that holds only
   * what it wants it is the way through its router, whose cost is not known.
   */
  routeTo(nodeId: NodeId): Route | undefined {
    throw new Error(`not built yet: ${nodeId}`)
  }

  /** Watches what is offered; see {@link Watch}. `onPending` only schedules a `take`, and must not throw. */
  watch(onPending: () => void): Watch<ServiceChange> {
    throw new Error(`not built yet: ${onPending.name}`)
  }

  /**
   * Calls `onChange` after each call that changed which neighbours are up or current, which nodes are reachable, a node
   * or link record, or this node's `incarnation`. It only schedules, and must not throw. Returns what ends that;
   * idempotent.
   */
  watchGraph(onChange: () => void): () => void {
    throw new Error(`not built yet: ${onChange.name}`)
  }

  /**
   * Asks the network for a name, until the result is closed. On nodes that hold all it only tells when the answer is
   * there. Interest in one name from several callers is sent once. `onAnswered` is called once, when `isAnswered`
   * becomes true after this call; it only schedules, and must not throw. Throws a `TypeError` or `RangeError` that names
   * what is wrong, and an `AstraError` with `ASTRA_ERR_REGISTRY_LIMIT` for more than 1,024 different names.
   */
  want(environment: string, name: string, onAnswered?: () => void): Want {
    throw new Error(`not built yet: ${environment} ${name} ${onAnswered?.name}`)
  }

  /** Asks the network for everything, as `want` does. */
  wantAll(onAnswered?: () => void): Want {
    throw new Error(`not built yet: ${onAnswered?.name}`)
  }

  /** What this catalogue holds and does, as plain data. Its cost grows with what is held. */
  inspect(): RegistryInspection {
    throw new Error('not built yet')
  }

  /** Ends everything: watches report nothing more, and what settles later changes nothing. Idempotent. */
  close(): void {
    throw new Error('not built yet')
  }
}
