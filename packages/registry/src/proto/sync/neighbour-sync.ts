import type { NodeId } from '@astranet/interface'
import { MAX_INCARNATION_STEP } from '../model/limits.js'
import { encodeDelta, encodeDigest, RESTART, type RegistryMessage } from './messages.js'
import type { OwnerLog } from '../log/owner-log.js'
import type { Version } from '../model/record.js'
import type { Replica } from '../log/replica.js'
import type { Told } from './sent-history.js'

/** How far the other side is with this node's log. */
interface Position {
  /** The incarnation in which it knows the sequence: this node's own, or the one in which it was told last. */
  readonly incarnation: number
  /** It was sent everything up to here. */
  readonly sequence: number
  /** Tombstones compacted up to here do not concern it: it was sent, or is being sent, a snapshot made after that. */
  readonly floor: number
}

/** The other side holds nothing that this node can continue. */
const NOTHING: Position = { incarnation: -1, sequence: 0, floor: 0 }

/** What a {@link Conversation} is about, and with whom. */
export interface ConversationParts {
  readonly self: NodeId
  readonly log: OwnerLog
  readonly replica: Replica
  readonly told: Told
  /** The neighbour's incarnation by its HELLO, when it is known. */
  readonly incarnation: number | undefined
  /** Whether the exchange was on another link before: then the other side has to start over too. */
  readonly isMoved: boolean
}

/**
 * The exchange with one neighbour over one link: which message is due to it next. Nothing is queued: what is due is
 * computed when it is asked for, from how far the neighbour is, so a slow link costs no memory and gets the newest.
 *
 * States: `moved` (a restart is due) -> `greeting` (our digest is due) -> `waiting` (for the neighbour's digest) ->
 * `telling` (deltas as they are due); it begins in `moved` or `greeting`. The neighbour's digest may come at any time and
 * moves its position; a gap makes our digest due again. What would be sent again waits while its ration is used up.
 */
export class Conversation {
  readonly #parts: ConversationParts
  #isRestartDue: boolean
  #isDigestDue = true
  /** Whether our digest was sent and not answered yet: a gap until then is no reason to ask again. */
  #isAsking = false
  /** Set by a digest: it is answered even when there is nothing new, so that its sender knows that it is up to date. */
  #isAnswerDue = false
  #position: Position | undefined

  constructor(parts: ConversationParts) {
    this.#parts = parts
    this.#isRestartDue = parts.isMoved
  }

  /** The neighbour said that it holds this node's entries up to `version` (`undefined`: that it holds none). */
  heardDigest(version: Version | undefined): void {
    this.#position = version !== undefined && this.#canContinue(version) ? { ...version, floor: 0 } : NOTHING
    this.#isAnswerDue = true
  }

  /** The neighbour sent a delta; `isGap`: it left something out, so ask again. */
  heardDelta(isGap: boolean): void {
    if (!isGap) this.#isAsking = false
    else if (!this.#isAsking) this.#isDigestDue = true
  }

  /** The next message that is due at `now`, or `undefined`. */
  next(now: number): RegistryMessage | undefined {
    if (this.#isRestartDue) {
      this.#isRestartDue = false
      return RESTART
    }
    if (!this.#isDigestDue) return this.#nextDelta(now)
    this.#isDigestDue = false
    this.#isAsking = true
    return this.#digest()
  }

  /** When something that waits for its ration may be sent; `undefined` when nothing does. */
  dueAt(now: number): number | undefined {
    const position = this.#due()
    const { told } = this.#parts
    if (position === undefined || told.mayBeSent(position.sequence, now)) return undefined
    return told.mayBeResentAt(now)
  }

  /**
   * What the neighbour said may be from somebody else who used its id, and a version that it cannot have had would cost
   * this node the link. So it is named only when HELLO makes it likely.
   */
  #digest(): RegistryMessage {
    const { replica, incarnation } = this.#parts
    const { owner, version } = replica
    const isNamed = version !== undefined && isLikely(version, incarnation)
    return encodeDigest({ held: isNamed ? [{ owner, version }] : [] })
  }

  #nextDelta(now: number): RegistryMessage | undefined {
    const position = this.#due()
    const { self, log, told } = this.#parts
    if (position === undefined || !told.mayBeSent(position.sequence, now)) return undefined
    const { incarnation } = log.version
    const since = position.sequence
    const { entries, until, hasMore, bytes } = log.partAfter(since)
    told.sent({ since, until, bytes, stateBytes: log.bytes }, now)
    told.incarnation = incarnation
    this.#isAnswerDue = false
    this.#position = { incarnation, sequence: until, floor: position.floor }
    const continues = since > 0 && position.incarnation !== incarnation ? position.incarnation : undefined
    return encodeDelta({ owner: self, incarnation, since, until, hasMore, entries, continues })
  }

  /** Where the next delta begins; `undefined` when none is due. */
  #due(): Position | undefined {
    const heard = this.#position
    if (heard === undefined) return undefined
    const { version, compactedTo } = this.#parts.log
    const isUnknown = heard === NOTHING || compactedTo > Math.max(heard.sequence, heard.floor)
    if (isUnknown) return { incarnation: version.incarnation, sequence: 0, floor: compactedTo }
    return this.#isAnswerDue || heard.sequence !== version.sequence ? heard : undefined
  }

  /** Whether this node said up to `version` in this life, in the present incarnation or in the one it last told. */
  #canContinue({ incarnation, sequence }: Version): boolean {
    const { log, told } = this.#parts
    if (incarnation === log.version.incarnation) return sequence <= log.version.sequence
    return incarnation === told.incarnation && sequence <= told.sequence
  }
}

/** Whether a node whose HELLO gave `incarnation` (`undefined`: it is not known) can have come to that version. */
export function isLikely(version: Version, incarnation: number | undefined): boolean {
  return incarnation !== undefined && version.incarnation <= incarnation + MAX_INCARNATION_STEP
}
