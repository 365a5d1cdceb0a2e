import { AstraError, formatNodeId, type NodeId } from '@astranet/interface'
import type { OwnerLog } from '../log/owner-log.js'
import { Replica } from '../log/replica.js'
import type { CatalogueLimits } from '../model/limits.js'
import { isLikely, NeighbourSync } from './neighbour-sync.js'
import { RequestRation } from './request-ration.js'
import { RetainedReplicas } from './retained-replicas.js'
import { SentHistory } from './sent-history.js'

/**
 * A node that this one has a link to, or had until recently.
 *
 * States: down (no exchange) -> greeting (an exchange, not current) -> current -> down. Its records are visible only
 * while it is current: before that they may be what it offered in an earlier life.
 */
export interface Neighbour {
  readonly replica: Replica
  readonly sent: SentHistory
  requests: RequestRation
  /** `undefined` while it is down. */
  sync: NeighbourSync | undefined
  /** Its incarnation by the HELLO of its link, when that is known. */
  incarnation: number | undefined
  /** Whether everything is known that it offered when its link came up. */
  isCurrent: boolean
  /** When it was added, or when it last went down with entries that it had confirmed: ms. */
  confirmedAt: number
  /** Bytes of its replica that are in the sum of all. */
  countedBytes: number
}

/** What the {@link Neighbours} work with. */
export interface NeighboursParts {
  readonly self: NodeId
  readonly log: OwnerLog
  readonly limits: CatalogueLimits
}

/** The neighbours, up and recently down. */
export class Neighbours {
  readonly #parts: NeighboursParts
  readonly #byId = new Map<NodeId, Neighbour>()
  readonly #retained: RetainedReplicas
  /** The sum of what is held of all of them. */
  #bytes = 0

  constructor(parts: NeighboursParts) {
    this.#parts = parts
    this.#retained = new RetainedReplicas(parts.limits)
  }

  /** The ids of those that are up. */
  upIds(): NodeId[] {
    const ids: NodeId[] = []
    for (const [id, { sync }] of this.#byId) if (sync !== undefined) ids.push(id)
    return ids
  }

  /** The neighbour, if it is up. */
  up(nodeId: NodeId): Neighbour | undefined {
    const neighbour = this.#byId.get(nodeId)
    return neighbour?.sync && neighbour
  }

  isUp(nodeId: NodeId): boolean {
    return this.up(nodeId) !== undefined
  }

  /** The neighbour's records, if they are current. */
  current(nodeId: NodeId): Replica | undefined {
    const neighbour = this.#byId.get(nodeId)
    return neighbour?.isCurrent === true ? neighbour.replica : undefined
  }

  /** Starts an exchange over a link whose HELLO gave `incarnation`, or starts it over on another link. */
  setUp(nodeId: NodeId, incarnation: number | undefined, now: number): void {
    const neighbour = this.#byId.get(nodeId) ?? this.#add(nodeId, now)
    const isMoved = neighbour.sync !== undefined
    const { version } = neighbour.replica
    const isUnlikely = version !== undefined && !isLikely(version, incarnation)
    if (!isMoved || neighbour.incarnation !== incarnation || isUnlikely) neighbour.replica.markUnconfirmed()
    neighbour.incarnation = incarnation
    neighbour.requests = new RequestRation()
    this.#retained.delete(nodeId)
    this.#startSync(neighbour, isMoved)
    this.#forgetExpired(now)
  }

  /** Starts the exchange over: the neighbour has moved it to another link. */
  startOver(neighbour: Neighbour): void {
    this.#startSync(neighbour, false)
  }

  /** Updates the sum of what is held, after the neighbour's replica has changed. */
  count(neighbour: Neighbour): void {
    const { heldBytes } = neighbour.replica
    this.#bytes += heldBytes - neighbour.countedBytes
    neighbour.countedBytes = heldBytes
  }

  /**
   * While more is held than there is room for: forgets neighbours that are down, the largest first. When that is not
   * enough, it returns the largest neighbour, to be refused; `undefined` when there is room.
   */
  makeRoom(): Neighbour | undefined {
    const { maxHeldBytes } = this.#parts.limits
    while (this.#bytes > maxHeldBytes) {
      const down = this.#largest([...this.#retained.ids()])
      if (down === undefined) return this.#largest(this.upIds())
      this.forget(down)
    }
    return undefined
  }

  /** Ends the exchange; what was received is retained for a while. */
  setDown(neighbour: Neighbour, now: number): void {
    const { replica, sent } = neighbour
    neighbour.sync = undefined
    neighbour.isCurrent = false
    // A link on which it sent nothing does not prolong the time for which its entries are kept.
    if (replica.isConfirmed) neighbour.confirmedAt = now
    replica.dropStaged()
    this.count(neighbour)
    if (replica.version === undefined && sent.sequence === 0) this.forget(neighbour)
    else this.#retained.add(replica.owner, neighbour.confirmedAt)
    this.#forgetExpired(now)
  }

  /** Forgets everything about the neighbour. */
  forget(neighbour: Neighbour): void {
    const { owner } = neighbour.replica
    this.#retained.delete(owner)
    this.#byId.delete(owner)
    this.#bytes -= neighbour.countedBytes
    neighbour.sync = undefined
    neighbour.isCurrent = false
    neighbour.countedBytes = 0
  }

  #add(nodeId: NodeId, now: number): Neighbour {
    const neighbour: Neighbour = {
      replica: new Replica(nodeId, this.#parts.limits),
      sent: new SentHistory(),
      requests: new RequestRation(),
      sync: undefined,
      incarnation: undefined,
      isCurrent: false,
      confirmedAt: now,
      countedBytes: 0,
    }
    this.#byId.set(nodeId, neighbour)
    return neighbour
  }

  #startSync(neighbour: Neighbour, isMoved: boolean): void {
    const { self, log } = this.#parts
    const { replica, sent, incarnation } = neighbour
    replica.dropStaged()
    neighbour.sync = new NeighbourSync({ self, log, replica, sent, incarnation, isMoved })
    this.count(neighbour)
  }

  #forgetExpired(now: number): void {
    for (const nodeId of this.#retained.takeExpired(now)) {
      const neighbour = this.#byId.get(nodeId)
      if (neighbour !== undefined) this.forget(neighbour)
    }
  }

  #largest(nodeIds: readonly NodeId[]): Neighbour | undefined {
    let largest: Neighbour | undefined
    for (const nodeId of nodeIds) {
      const neighbour = this.#byId.get(nodeId)
      if (neighbour !== undefined && neighbour.countedBytes > (largest?.countedBytes ?? -1))
        largest = neighbour
    }
    return largest
  }
}

/** Why the largest neighbour is refused when there is no room for all. */
export function refusedAsLargest({ replica }: Neighbour): AstraError {
  const message = `node ${formatNodeId(replica.owner)} publishes most of more than there is room for`
  return new AstraError('ASTRA_ERR_REGISTRY_LIMIT', message)
}
