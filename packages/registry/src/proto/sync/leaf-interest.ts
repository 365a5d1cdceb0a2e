import type { NodeId } from '@astranet/interface'

/** What a leaf wants of its router, and whose logs it was sent because of that. */
export class LeafInterest {
  /** Whether it wants everything. */
  all = false
  /** The names that it wants, by `nameText`. */
  readonly names: Set<string> = new Set()
  /** The owners whose changes it is sent. */
  readonly owners: Set<NodeId> = new Set()

  get isEmpty(): boolean {
    return !this.all && this.names.size === 0
  }
}
