import type { NodeId } from '@astranet/interface'
import type { OwnerLog } from '../log/owner-log.js'
import type { Replica } from '../log/replica.js'
import { MAX_INCARNATION_STEP } from '../model/limits.js'
import type { Version } from '../model/version.js'
import { encodeDelta, encodeDigest, RESTART, type RegistryMessage } from './messages.js'
import type { SentHistory } from './sent-history.js'

/** How much of this node's log the other side has. */
interface Position {
  /** The incarnation in which it knows the sequence: this node's own, or the one in which it was last sent a delta. */
  readonly incarnation: number
  /** It was sent everything up to here. */
  readonly sequence: number
  /** Tombstones compacted up to here do not matter to it: it was sent, or is being sent, a snapshot made after that. */
  readonly floor: number
}

/** The other side holds nothing that this node can continue. */
const NOTHING: Position = { incarnation: -1, sequence: 0, floor: 0 }

/** What a {@link NeighbourSync} works with. */
export interface NeighbourSyncParts {
  readonly self: NodeId
  readonly log: OwnerLog
  readonly replica: Replica
  readonly sent: SentHistory
  /** The neighbour's incarnation by its HELLO, when it is known. */
  readonly incarnation: number | undefined
  /** Whether the exchange was on another link before: then the other side has to start over too. */
  readonly isMoved: boolean
}

/**
 * The exchange with one neighbour over one link: which message is due to it next. Nothing is queued: what is due is
 * computed when it is asked for, from the neighbour's position, so a slow link costs no memory and gets the newest
 * state.
 *
 * States: `moved` (a restart is due) -> `greeting` (our digest is due) -> `waiting` (for the neighbour's digest) ->
 * `sending` (deltas as they are due); it begins in `moved` or `greeting`. The neighbour's digest may arrive at any time
 * and moves its position; a gap makes our digest due again. What was sent before waits while its ration is used up.
 */
export class NeighbourSync {
  readonly #parts: NeighbourSyncParts
  #isRestartDue: boolean
  #isDigestDue = true
  /** Whether our digest was sent and not answered yet: a gap until then is no reason to send another. */
  #isAsking = false
  /** Set by a digest: it is answered even when nothing is new, so that its sender knows that it is up to date. */
  #isAnswerDue = false
  #position: Position | undefined

  constructor(parts: NeighbourSyncParts) {
    this.#parts = parts
    this.#isRestartDue = parts.isMoved
  }

  /** The neighbour reported that it holds this node's entries up to `version` (`undefined`: that it holds none). */
  receivedDigest(version: Version | undefined): void {
    this.#position = version !== undefined && this.#canContinue(version) ? { ...version, floor: 0 } : NOTHING
    this.#isAnswerDue = true
  }

  /** The neighbour sent a delta; `isGap`: something before it is missing, so our digest is due again. */
  receivedDelta(isGap: boolean): void {
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

  /** When something that waits for its ration may be sent; `undefined` when nothing waits. */
  dueAt(now: number): number | undefined {
    const position = this.#due()
    const { sent } = this.#parts
    if (position === undefined || sent.canSend(position.sequence, now)) return undefined
    return sent.canResendAt(now)
  }

  /**
   * What is held of the neighbour may be from another node that used its id, and a version that the neighbour cannot
   * have had would cost this node the link. So it is named only when the HELLO makes it likely.
   */
  #digest(): RegistryMessage {
    const { replica, incarnation } = this.#parts
    const { owner, version } = replica
    const isNamed = version !== undefined && isLikely(version, incarnation)
    return encodeDigest({ held: isNamed ? [{ owner, version }] : [] })
  }

  #nextDelta(now: number): RegistryMessage | undefined {
    const position = this.#due()
    const { self, log, sent } = this.#parts
    if (position === undefined || !sent.canSend(position.sequence, now)) return undefined
    const { incarnation } = log.version
    const since = position.sequence
    const { entries, until, hasMore, bytes } = log.partAfter(since)
    sent.record({ since, until, bytes, stateBytes: log.bytes }, now)
    sent.incarnation = incarnation
    this.#isAnswerDue = false
    this.#position = { incarnation, sequence: until, floor: position.floor }
    const continues = since > 0 && position.incarnation !== incarnation ? position.incarnation : undefined
    return encodeDelta({ owner: self, incarnation, since, until, hasMore, entries, continues })
  }

  /** Where the next delta begins; `undefined` when none is due. */
  #due(): Position | undefined {
    const position = this.#position
    if (position === undefined) return undefined
    const { version, compactedTo } = this.#parts.log
    const isUnknown = position === NOTHING || compactedTo > Math.max(position.sequence, position.floor)
    if (isUnknown) return { incarnation: version.incarnation, sequence: 0, floor: compactedTo }
    return this.#isAnswerDue || position.sequence !== version.sequence ? position : undefined
  }

  /** Whether this node can have sent `version` in this life, in its present incarnation or in the one it last sent. */
  #canContinue({ incarnation, sequence }: Version): boolean {
    const { log, sent } = this.#parts
    if (incarnation === log.version.incarnation) return sequence <= log.version.sequence
    return incarnation === sent.incarnation && sequence <= sent.sequence
  }
}

/** Whether a node whose HELLO gave `incarnation` (`undefined`: it is not known) can have reached that version. */
export function isLikely(version: Version, incarnation: number | undefined): boolean {
  return incarnation !== undefined && version.incarnation <= incarnation + MAX_INCARNATION_STEP
}
