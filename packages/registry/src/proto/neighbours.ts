import type { NodeId } from '@astranet/interface'
import { Conversation } from './conversation.js'
import type { CatalogueLimits } from './limits.js'
import type { OwnerLog } from './owner-log.js'
import { Remembered } from './remembered.js'
import { Replica } from './replica.js'

/**
 * A node that this one has a link to, or had until recently.
 *
 * States: down (no conversation) -> greeting (a conversation, not current) -> present (current) -> down. Its records
 * count only while it is present: before that they may be what it offered in an earlier life.
 */
export interface Neighbour {
  readonly replica: Replica
  /** `undefined` while it is down. */
  conversation: Conversation | undefined
  /** Whether all that it said until its link came up is known. */
  isCurrent: boolean
  /** Bytes of its replica that are in the sum of those that are up. */
  countedBytes: number
}

/** The neighbours, up and recently down. */
export class Neighbours {
  readonly #parts: { readonly self: NodeId; readonly log: OwnerLog; readonly limits: CatalogueLimits }
  readonly #byId = new Map<NodeId, Neighbour>()
  readonly #remembered: Remembered
  /** Of all that are up. */
  #bytes = 0

  constructor(parts: { readonly self: NodeId; readonly log: OwnerLog; readonly limits: CatalogueLimits }) {
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

  /** Starts a conversation, or starts it over. */
  setUp(nodeId: NodeId, now: number): void {
    const neighbour = this.#byId.get(nodeId) ?? this.#add(nodeId)
    this.#remembered.delete(nodeId)
    neighbour.replica.dropStaged()
    const { self, log } = this.#parts
    neighbour.conversation = new Conversation({ self, log, replica: neighbour.replica })
    this.count(neighbour)
    this.#forget(now)
  }

  /** Counts again what is held of a neighbour that is up. Returns whether all together are within the limit. */
  count(neighbour: Neighbour): boolean {
    const { bytes } = neighbour.replica
    this.#bytes += bytes - neighbour.countedBytes
    neighbour.countedBytes = bytes
    return this.#bytes <= this.#parts.limits.maxNeighbourBytes
  }

  /** Ends the conversation; what was heard is remembered for a while. */
  setDown(neighbour: Neighbour, now: number): void {
    neighbour.conversation = undefined
    neighbour.isCurrent = false
    const { replica } = neighbour
    replica.dropStaged()
    this.#bytes -= neighbour.countedBytes
    neighbour.countedBytes = 0
    if (replica.version === undefined) this.#byId.delete(replica.owner)
    else this.#remembered.add(replica.owner, { bytes: replica.bytes, now })
    this.#forget(now)
  }

  #add(nodeId: NodeId): Neighbour {
    const replica = new Replica(nodeId, this.#parts.limits)
    const neighbour: Neighbour = { replica, conversation: undefined, isCurrent: false, countedBytes: 0 }
    this.#byId.set(nodeId, neighbour)
    return neighbour
  }

  #forget(now: number): void {
    for (const nodeId of this.#remembered.takeForgotten(now)) this.#byId.delete(nodeId)
  }
}
