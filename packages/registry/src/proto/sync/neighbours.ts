import { AstraError, formatNodeId, type NodeId } from '@astranet/interface'
import { Conversation, isLikely } from './neighbour-sync.js'
import type { CatalogueLimits } from '../model/limits.js'
import type { OwnerLog } from '../log/owner-log.js'
import { Questions } from './request-ration.js'
import { Remembered } from './retained-replicas.js'
import { Replica } from '../log/replica.js'
import { Told } from './sent-history.js'

/**
 * A node that this one has a link to, or had until recently.
 *
 * States: down (no conversation) -> greeting (a conversation, not current) -> present (current) -> down. Its records
 * count only while it is present: before that they may be what it offered in an earlier life.
 */
export interface Neighbour {
  readonly replica: Replica
  readonly told: Told
  questions: Questions
  /** `undefined` while it is down. */
  conversation: Conversation | undefined
  /** Its incarnation by the HELLO of its link, when that is known. */
  incarnation: number | undefined
  /** Whether all that it said until its link came up is known. */
  isCurrent: boolean
  /** When it last said something of itself, as far as that was noted: ms. */
  heardAt: number
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
  readonly #remembered: Remembered
  /** What is held of all of them. */
  #bytes = 0

  constructor(parts: NeighboursParts) {
    this.#parts = parts
    this.#remembered = new Remembered(parts.limits)
  }

  /** The ids of those that are up. */
  upIds(): NodeId[] {
    const ids: NodeId[] = []
    for (const [id, { conversation }] of this.#byId) if (conversation !== undefined) ids.push(id)
    return ids
  }

  /** The neighbour, if it is up. */
  up(nodeId: NodeId): Neighbour | undefined {
    const neighbour = this.#byId.get(nodeId)
    return neighbour?.conversation && neighbour
  }

  /** The neighbour's records, if it is present. */
  present(nodeId: NodeId): Replica | undefined {
    const neighbour = this.#byId.get(nodeId)
    return neighbour?.isCurrent === true ? neighbour.replica : undefined
  }

  /** Starts a conversation over a link whose HELLO gave `incarnation`, or starts it over on another link. */
  setUp(nodeId: NodeId, incarnation: number | undefined, now: number): void {
    const neighbour = this.#byId.get(nodeId) ?? this.#add(nodeId, now)
    const isMoved = neighbour.conversation !== undefined
    const { version } = neighbour.replica
    const isUnlikely = version !== undefined && !isLikely(version, incarnation)
    if (!isMoved || neighbour.incarnation !== incarnation || isUnlikely) neighbour.replica.doubt()
    neighbour.incarnation = incarnation
    neighbour.questions = new Questions()
    this.#remembered.delete(nodeId)
    this.#converse(neighbour, isMoved)
    this.#forget(now)
  }

  /** Starts the conversation over: the neighbour has moved it to another link. */
  startOver(neighbour: Neighbour): void {
    this.#converse(neighbour, false)
  }

  /** Counts again what is held of the neighbour. */
  count(neighbour: Neighbour): void {
    const { heldBytes } = neighbour.replica
    this.#bytes += heldBytes - neighbour.countedBytes
    neighbour.countedBytes = heldBytes
  }

  /**
   * While more is held than there is room for: forgets neighbours that are down, those first of whom most is held. Then
   * it names the neighbour of whom most is held, to be refused; `undefined` when there is room.
   */
  overfull(): Neighbour | undefined {
    const { maxHeldBytes } = this.#parts.limits
    while (this.#bytes > maxHeldBytes) {
      const down = this.#largest([...this.#remembered.ids()])
      if (down === undefined) return this.#largest(this.upIds())
      this.forget(down)
    }
    return undefined
  }

  /** Ends the conversation; what was heard is remembered for a while. */
  setDown(neighbour: Neighbour, now: number): void {
    const { replica, told } = neighbour
    neighbour.conversation = undefined
    neighbour.isCurrent = false
    // A link on which it said nothing is no reason to remember it longer.
    if (replica.isConfirmed) neighbour.heardAt = now
    replica.dropStaged()
    this.count(neighbour)
    if (replica.version === undefined && told.sequence === 0) this.forget(neighbour)
    else this.#remembered.add(replica.owner, neighbour.heardAt)
    this.#forget(now)
  }

  /** Forgets all about the neighbour. */
  forget(neighbour: Neighbour): void {
    const { owner } = neighbour.replica
    this.#remembered.delete(owner)
    this.#byId.delete(owner)
    this.#bytes -= neighbour.countedBytes
    neighbour.conversation = undefined
    neighbour.isCurrent = false
    neighbour.countedBytes = 0
  }

  #add(nodeId: NodeId, now: number): Neighbour {
    const neighbour: Neighbour = {
      replica: new Replica(nodeId, this.#parts.limits),
      told: new Told(),
      questions: new Questions(),
      conversation: undefined,
      incarnation: undefined,
      isCurrent: false,
      heardAt: now,
      countedBytes: 0,
    }
    this.#byId.set(nodeId, neighbour)
    return neighbour
  }

  #converse(neighbour: Neighbour, isMoved: boolean): void {
    const { self, log } = this.#parts
    const { replica, told, incarnation } = neighbour
    replica.dropStaged()
    neighbour.conversation = new Conversation({ self, log, replica, told, incarnation, isMoved })
    this.count(neighbour)
  }

  #forget(now: number): void {
    for (const nodeId of this.#remembered.takeForgotten(now)) {
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

/** Why the neighbour that holds most is refused when there is no room for all. */
export function refusedAsLargest({ replica }: Neighbour): AstraError {
  const message = `node ${formatNodeId(replica.owner)} publishes most of more than there is room for`
  return new AstraError('ASTRA_ERR_REGISTRY_LIMIT', message)
}
