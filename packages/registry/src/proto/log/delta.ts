import type { NodeId } from '@astranet/interface'
import type { Entry } from '../model/entry.js'

/**
 * A part of one owner's log as it goes from node to node: the entries that were written after `since`, up to `until`.
 */
export interface Delta {
  readonly type: 'delta'
  readonly owner: NodeId
  readonly incarnation: number
  /** The sequence after which this part starts. 0: a snapshot starts, which replaces all that is held of the owner. */
  readonly since: number
  /** The sequence up to which this part is complete. */
  readonly until: number
  /** Whether another part is needed before the receiver is up to date. */
  readonly hasMore: boolean
  /** In the order of their sequences. */
  readonly entries: readonly Entry[]
  /**
   * The earlier incarnation in which the receiver knows `since`, when the owner has moved to a later one since then.
   */
  readonly continues?: number | undefined
}
