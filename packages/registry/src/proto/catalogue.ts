import { toNodeId, type AstraError, type NodeId } from '@astranet/interface'
import type { CatalogueOptions, ServiceFilter, ServiceName, ServiceOptions } from './catalogue-options.js'
import { Claims } from './log/incarnation-claims.js'
import { Exchange } from './sync/exchange.js'
import { GraphSignal } from './graph/graph-signal.js'
import { resolveLimits } from './model/limits.js'
import type { RegistryMessage } from './sync/messages.js'
import { Neighbours, refusedAsLargest, type Neighbour } from './sync/neighbours.js'
import { Offers, type ServiceChange, type ServiceInstance } from './view/service-index.js'
import { OwnLinks } from './log/own-links.js'
import { OwnerLog } from './log/owner-log.js'
import {
  checkNodeRecord,
  checkServiceKey,
  checkServiceRecord,
  keyText,
  type CatalogueRecord,
  type LinkRecord,
  type NodeRecord,
  type RecordKey,
} from './model/record.js'
import { checkNumber } from './model/text.js'
import type { Watch } from './view/watch.js'

/** A neighbour that must not be listened to any more. */
export interface Refused {
  readonly nodeId: NodeId
  readonly error: AstraError
}

/**
 * What this node offers and what its direct neighbours do, kept current as services and links come and go.
 *
 * It does no I/O and has no timers. Whoever owns the links tells it of them (`neighbourUp`, `neighbourDown`), hands it
 * what arrives (`receive`), and after any call that may have changed something sends each neighbour what is due
 * (`nextMessage` until `undefined`, or until the link's buffer is full: what is due stays due, nothing is queued).
 * Links must carry messages in order and whole, or go down. Reads answer at once from what is known.
 */
export class Catalogue {
  readonly self: NodeId
  readonly #log: OwnerLog
  readonly #neighbours: Neighbours
  readonly #offers: Offers = new Offers()
  readonly #graph: GraphSignal = new GraphSignal()
  readonly #claims: Claims
  readonly #ownLinks: OwnLinks
  readonly #exchange: Exchange
  #refused: Refused[] = []

  constructor(options: CatalogueOptions) {
    this.self = toNodeId(options.self)
    const max = Number.MAX_SAFE_INTEGER - 1
    const incarnation = checkNumber(options.incarnation, {
      what: 'incarnation',
      min: 0,
      max,
      isInteger: true,
    })
    const limits = resolveLimits(options)
    this.#log = new OwnerLog(incarnation, limits)
    this.#claims = new Claims(this.#log, this.#graph)
    this.#neighbours = new Neighbours({ self: this.self, log: this.#log, limits })
    const parts = { self: this.self, log: this.#log, neighbours: this.#neighbours, graph: this.#graph }
    this.#ownLinks = new OwnLinks(parts)
    this.#exchange = new Exchange({ ...parts, claims: this.#claims, offers: this.#offers })
  }

  /** The incarnation in which this node speaks now: the one given, or a later one that it had to move to. */
  get incarnation(): number {
    return this.#log.version.incarnation
  }

  /**
   * Offers a service, or changes its tags and weight. Returns whether that changed anything. Throws a `TypeError` or
   * `RangeError` that names what is wrong, also when this node publishes too much (see `CatalogueLimits`).
   */
  publishService(options: ServiceOptions): boolean {
    const key = checkServiceKey(options.environment ?? '', options.name, options.port)
    const record = checkServiceRecord(key, options.tags ?? [], options.weight ?? 1)
    if (!this.#log.put(record)) return false
    this.#offers.offer(this.self, record)
    this.#settle()
    return true
  }

  /** Withdraws a service of this node. Returns whether it was offered. Throws like `publishService`. */
  withdrawService(name: ServiceName): boolean {
    const key = checkServiceKey(name.environment ?? '', name.name, name.port)
    const record = this.#log.record(key)
    if (record?.kind !== 'service') return false
    this.#log.withdraw(key)
    this.#offers.withdraw(this.self, record)
    this.#settle()
    return true
  }

  /** Says what this node does for others and where it listens. Returns whether that changed anything. */
  setNode(node: { readonly roles: readonly string[]; readonly addresses: readonly string[] }): boolean {
    const isChanged = this.#log.put(checkNodeRecord(node.roles, node.addresses))
    if (isChanged) this.#graph.mark()
    this.#settle()
    return isChanged
  }

  /**
   * Says what the link to `neighbour` costs: its round-trip time in ms, measured at `now` (ms). Call it at each
   * measurement. It counts the first time, then when it changed by a quarter and by 5 ms at least, at most every 10 s. The
   * neighbours are told of the link, and of its cost only when both of its ends have the role `router`. Returns whether
   * there is something to tell. Passed over: a neighbour that is not up (the measurement came too late), and a link for
   * whose entry there is no room (see `CatalogueLimits`).
   */
  publishLink(neighbour: NodeId, cost: number, now: number): boolean {
    const isChanged = this.#ownLinks.measured(neighbour, cost, now)
    this.#settle()
    return isChanged
  }

  /**
   * A link to `neighbour` can carry messages from `now` (ms) on. What it offers counts once it has told, so nothing of
   * an earlier life of that node shows. Of a neighbour that is up already the exchange starts over on another link, and
   * what it offers stays offered meanwhile. Throws a `RangeError` for this node's own id.
   *
   * `incarnation` is the one by which the neighbour introduced itself on that link. It tells whether what is remembered of
   * the neighbour can be its own; without it nothing that is remembered is named, and everything is sent anew.
   */
  neighbourUp(neighbour: NodeId, now: number, incarnation?: number): void {
    if (toNodeId(neighbour) === this.self) throw new RangeError('neighbour must be another node than self')
    if (this.#neighbours.up(neighbour) === undefined) this.#graph.mark()
    this.#neighbours.setUp(neighbour, incarnation, now)
    this.#settle()
  }

  /**
   * There is no link to `neighbour` any more: from now on nothing that it offers is offered here, and this node's link
   * to it is withdrawn. Idempotent.
   */
  neighbourDown(neighbour: NodeId, now: number): void {
    const known = this.#neighbours.up(neighbour)
    if (known === undefined) return
    this.#withdrawAll(known)
    this.#neighbours.setDown(known, now)
    this.#settle()
  }

  /**
   * The next message that is due to a neighbour at `now` (ms), or `undefined` when none is or it is not up. Ask again
   * after each call that may have changed something, and at `dueAt`.
   */
  nextMessage(to: NodeId, now: number): RegistryMessage | undefined {
    this.#claims.settle(now)
    this.#graph.settle()
    return this.#neighbours.up(to)?.conversation?.next(now)
  }

  /**
   * When something is due to a neighbour that is not due at `now` (ms): it asked for what it was told before, oftener than
   * it may, or a claim about this node waits. `undefined` when nothing waits.
   */
  dueAt(to: NodeId, now: number): number | undefined {
    const dueAt = this.#neighbours.up(to)?.conversation?.dueAt(now)
    const claimAt = this.#claims.dueAt
    return dueAt === undefined ? claimAt : Math.min(dueAt, claimAt ?? Infinity)
  }

  /**
   * Takes a message that `from` sent, at `now` (ms). Returns `undefined`, or why the peer must not be listened to any more
   * (close the link, then call `neighbourDown`); it never throws for what a peer sent:
   * - `ASTRA_ERR_REGISTRY_MESSAGE`: it is malformed, or a field is out of range;
   * - `ASTRA_ERR_REGISTRY_OWNER`: it speaks for a node that it may not speak for;
   * - `ASTRA_ERR_REGISTRY_LIMIT`: its owner publishes more than is allowed;
   * - `ASTRA_ERR_REGISTRY_INCARNATION`: it claims a version of this node that this node cannot have had;
   * - `ASTRA_ERR_REGISTRY_ABUSE`: it asks again and again for what it was told.
   *
   * A message of a neighbour that is not up is dropped: its link went down while the message was under way.
   *
   * When more is held of all neighbours than there is room for, the one that holds most is refused, whoever said
   * something: see `takeRefused`.
   */
  receive(from: NodeId, message: unknown, now: number): AstraError | undefined {
    const neighbour = this.#neighbours.up(from)
    if (neighbour === undefined) return undefined
    this.#claims.settle(now)
    const error = this.#exchange.receive(neighbour, message, now)
    this.#makeRoom(neighbour)
    this.#settle()
    return error
  }

  /**
   * The neighbours that were refused since the last call because most was held of them when there was no room
   * (`ASTRA_ERR_REGISTRY_LIMIT`). They are down already and forgotten: close all links to them. Ask after each `receive`.
   */
  takeRefused(): readonly Refused[] {
    const refused = this.#refused
    if (refused.length > 0) this.#refused = []
    return refused
  }

  /** The services offered now: this node's, and those of neighbours that are up. */
  services(filter: ServiceFilter = {}): ServiceInstance[] {
    const { environment, name } = filter
    const found: ServiceInstance[] = []
    for (const service of this.#offers.all()) {
      if (environment !== undefined && service.environment !== environment) continue
      if (name === undefined || service.name === name) found.push(service)
    }
    return found
  }

  /** The instances of a name, or those at `port`, by node id and port: alike on all nodes that know the same. */
  resolve(environment: string, name: string, port?: number): readonly ServiceInstance[] {
    const instances = this.#offers.named(environment, name)
    return port === undefined ? instances : instances.filter((each) => each.port === port)
  }

  /** What a node says of itself: this one, or a neighbour that is up and has told. */
  node(nodeId: NodeId): NodeRecord | undefined {
    const record = this.#record(nodeId, { kind: 'node' })
    return record?.kind === 'node' ? record : undefined
  }

  /**
   * The link that `from` says it has to `to`, likewise. This node's own have their cost; those of others have one when both
   * ends are routers.
   */
  link(from: NodeId, to: NodeId): LinkRecord | undefined {
    if (from === this.self) return this.#ownLinks.link(to)
    const record = this.#record(from, { kind: 'link', neighbour: to })
    return record?.kind === 'link' ? record : undefined
  }

  /** The ids of the neighbours that are up. */
  neighbours(): NodeId[] {
    return this.#neighbours.upIds()
  }

  /** Whether there is a link to that node. */
  isUp(neighbour: NodeId): boolean {
    return this.#neighbours.up(neighbour) !== undefined
  }

  /** Whether that node is up and everything that it offered when its link came up is known. */
  isCurrent(neighbour: NodeId): boolean {
    return this.#neighbours.present(neighbour) !== undefined
  }

  /** Watches what is offered; see {@link Watch}. `onPending` only schedules a `take`, and must not throw. */
  watch(onPending: () => void): Watch<ServiceChange> {
    return this.#offers.watch(onPending)
  }

  /**
   * Calls `onChange` after each call that changed which neighbours are up or current, a node or link entry, or this node's `incarnation`. It only schedules,
   * and must not throw. Returns what ends that; idempotent.
   */
  watchGraph(onChange: () => void): () => void {
    return this.#graph.watch(onChange)
  }

  #makeRoom(changed: Neighbour): void {
    this.#neighbours.count(changed)
    for (let next = this.#neighbours.overfull(); next !== undefined; next = this.#neighbours.overfull()) {
      this.#withdrawAll(next)
      this.#neighbours.forget(next)
      this.#refused.push({ nodeId: next.replica.owner, error: refusedAsLargest(next) })
    }
  }

  /** Nothing that the neighbour offers is offered any more, and there is no link to it. */
  #withdrawAll({ isCurrent, replica }: Neighbour): void {
    for (const record of isCurrent ? replica.records() : []) {
      if (record.kind === 'service') this.#offers.withdraw(replica.owner, record)
    }
    this.#ownLinks.down(replica.owner)
    this.#graph.mark()
  }

  #record(owner: NodeId, key: RecordKey): CatalogueRecord | undefined {
    if (owner === this.self) return this.#log.record(key)
    return this.#neighbours.present(owner)?.record(keyText(key))
  }

  /** Tells watchers, once what a call did is complete. */
  #settle(): void {
    this.#offers.settle()
    this.#graph.settle()
  }
}
