import { AstraError, formatNodeId, type NodeId } from '@astranet/interface'
import type { GraphSignal } from '../graph/graph-signal.js'
import { INCARNATION_INTERVAL_MS, MAX_INCARNATION_STEP } from '../model/limits.js'
import { isNewer, type Version } from '../model/version.js'
import type { OwnerLog } from './owner-log.js'

/**
 * What neighbours claim about versions of this node itself. A version later than this node's own is from an earlier
 * life, when its clock was ahead. Then the node adopts a later incarnation, so that its versions go on growing. Any
 * neighbour can claim one, so a claim is believed only up to `MAX_INCARNATION_STEP` beyond the node's own incarnation,
 * and the node adopts a new one at most once per `INCARNATION_INTERVAL_MS`; meanwhile the highest claim waits. The
 * node's entries need not wait for that: a neighbour accepts a snapshot at the beginning of an exchange in any
 * incarnation.
 */
export class IncarnationClaims {
  readonly #log: OwnerLog
  readonly #graph: GraphSignal
  #adoptedAt: number | undefined = undefined
  /** The highest incarnation that was claimed and is not passed yet. */
  #highest = -1

  constructor(log: OwnerLog, graph: GraphSignal) {
    this.#log = log
    this.#graph = graph
  }

  /** `claimant` claims to hold this node's entries up to `version`. Returns an error when that cannot be true. */
  receive(version: Version, claimant: NodeId, now: number): AstraError | undefined {
    const own = this.#log.version
    if (!isNewer(version, own)) return undefined
    const limit = Math.min(own.incarnation + MAX_INCARNATION_STEP, Number.MAX_SAFE_INTEGER - 1)
    if (version.incarnation > limit) {
      const message = `node ${formatNodeId(claimant)} claims an incarnation of this node that it cannot have had`
      return new AstraError('ASTRA_ERR_REGISTRY_INCARNATION', message)
    }
    this.#highest = Math.max(this.#highest, version.incarnation)
    this.adoptDue(now)
    return undefined
  }

  /** When a waiting claim is due; `undefined` when none waits. */
  get dueAt(): number | undefined {
    if (this.#adoptedAt === undefined || this.#highest < this.#log.version.incarnation) return undefined
    return this.#adoptedAt + INCARNATION_INTERVAL_MS
  }

  /** Adopts an incarnation beyond the highest claim, if one waits and is due. */
  adoptDue(now: number): void {
    if (this.#highest < this.#log.version.incarnation) return
    if (this.#adoptedAt !== undefined && now - this.#adoptedAt < INCARNATION_INTERVAL_MS) return
    this.#log.adoptIncarnation(this.#highest + 1)
    this.#adoptedAt = now
    this.#graph.mark()
  }
}
