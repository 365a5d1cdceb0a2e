import type { NodeId } from '@astranet/interface'
import { encodeDelta, encodeDigest, type RegistryMessage } from './messages.js'
import type { OwnerLog } from './owner-log.js'
import type { Version } from './record.js'
import type { Replica } from './replica.js'

/** How far the other side is with this node's log. */
interface Position {
  readonly incarnation: number
  /** It was sent everything up to here. */
  readonly sequence: number
  /** Tombstones compacted up to here do not concern it: it was sent, or is being sent, a snapshot made after that. */
  readonly floor: number
}

/**
 * The exchange with one neighbour over one link: which message is due to it next. Nothing is queued: what is due is
 * computed when it is asked for, from how far the neighbour is, so a slow link costs no memory and gets the newest.
 *
 * States: `greeting` (our digest is due) -> `waiting` (for the neighbour's digest) -> `telling` (deltas as they
 * are due). The neighbour's digest may come at any time and moves its position; a gap makes our digest due again.
 */
export class Conversation {
  readonly #self: NodeId
  readonly #log: OwnerLog
  readonly #replica: Replica
  #isDigestDue = true
  /** Set by a digest: it is answered even when there is nothing new, so that its sender knows that it is up to date. */
  #isAnswerDue = false
  #position: Position | undefined

  constructor(parts: { readonly self: NodeId; readonly log: OwnerLog; readonly replica: Replica }) {
    this.#self = parts.self
    this.#log = parts.log
    this.#replica = parts.replica
  }

  /** The neighbour said that it holds this node's entries up to `version` (`undefined`: that it holds none). */
  heardDigest(version: Version | undefined): void {
    this.#position = { incarnation: version?.incarnation ?? -1, sequence: version?.sequence ?? 0, floor: 0 }
    this.#isAnswerDue = true
  }

  /** The neighbour left something out: ask again. */
  askAgain(): void {
    this.#isDigestDue = true
  }

  /** The next message that is due, or `undefined`. */
  next(): RegistryMessage | undefined {
    if (!this.#isDigestDue) return this.#nextDelta()
    this.#isDigestDue = false
    const { owner, version } = this.#replica
    return encodeDigest({ held: version === undefined ? [] : [{ owner, version }] })
  }

  #nextDelta(): RegistryMessage | undefined {
    const heard = this.#position
    if (heard === undefined) return undefined
    const { incarnation, sequence } = this.#log.version
    const position = this.#needsSnapshot(heard) ? this.#snapshotPosition() : heard
    if (!this.#isAnswerDue && position === heard && position.sequence === sequence) return undefined
    const { entries, until, hasMore } = this.#log.partAfter(position.sequence)
    this.#isAnswerDue = false
    this.#position = { ...position, sequence: until }
    return encodeDelta({ owner: this.#self, incarnation, since: position.sequence, until, hasMore, entries })
  }

  #needsSnapshot(position: Position): boolean {
    if (position.incarnation !== this.#log.version.incarnation) return true
    return this.#log.compactedTo > Math.max(position.sequence, position.floor)
  }

  #snapshotPosition(): Position {
    return { incarnation: this.#log.version.incarnation, sequence: 0, floor: this.#log.compactedTo }
  }
}
