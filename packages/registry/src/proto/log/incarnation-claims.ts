import { AstraError, formatNodeId, type NodeId } from '@astranet/interface'
import type { GraphSignal } from '../graph/graph-signal.js'
import { INCARNATION_INTERVAL_MS, MAX_INCARNATION_STEP } from '../model/limits.js'
import type { OwnerLog } from './owner-log.js'
import type { Version } from '../model/record.js'

/**
 * What neighbours claim about versions of this node itself. A later one than its own is from an earlier life, when its
 * clock was ahead: then the node moves past it, so that its versions go on growing. Anybody can claim one, so a claim is
 * believed only up to `MAX_INCARNATION_STEP` beyond the node's own incarnation, and the node moves at most once in
 * `INCARNATION_INTERVAL_MS`; of the claims meanwhile the highest waits. Nobody's entries wait for that: a neighbour takes
 * a snapshot at the beginning of an exchange in whatever incarnation it comes.
 */
export class Claims {
  readonly #log: OwnerLog
  readonly #graph: GraphSignal
  #movedAt: number | undefined = undefined
  /** The highest incarnation that was claimed and not passed yet. */
  #waiting = -1

  constructor(log: OwnerLog, graph: GraphSignal) {
    this.#log = log
    this.#graph = graph
  }

  /** `claimant` holds, or says so, what this node said up to `version`. An error when that cannot be true. */
  heard(version: Version, claimant: NodeId, now: number): AstraError | undefined {
    const own = this.#log.version
    if (!isBeyond(version, own)) return undefined
    const limit = Math.min(own.incarnation + MAX_INCARNATION_STEP, Number.MAX_SAFE_INTEGER - 1)
    if (version.incarnation > limit) {
      const message = `node ${formatNodeId(claimant)} claims an incarnation of this node that it cannot have had`
      return new AstraError('ASTRA_ERR_REGISTRY_INCARNATION', message)
    }
    this.#waiting = Math.max(this.#waiting, version.incarnation)
    this.settle(now)
    return undefined
  }

  /** When a claim that waits is due; `undefined` when none waits. */
  get dueAt(): number | undefined {
    if (this.#movedAt === undefined || this.#waiting < this.#log.version.incarnation) return undefined
    return this.#movedAt + INCARNATION_INTERVAL_MS
  }

  /** Moves past what was claimed, if it is time. */
  settle(now: number): void {
    if (this.#waiting < this.#log.version.incarnation) return
    if (this.#movedAt !== undefined && now - this.#movedAt < INCARNATION_INTERVAL_MS) return
    this.#log.moveTo(this.#waiting + 1)
    this.#movedAt = now
    this.#graph.mark()
  }
}

/** Whether `version` is newer than the newest of this node's: then it is from another life of the same node. */
function isBeyond(version: Version, newest: Version): boolean {
  if (version.incarnation !== newest.incarnation) return version.incarnation > newest.incarnation
  return version.sequence > newest.sequence
}
