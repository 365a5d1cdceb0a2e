import type { NodeId } from '@astranet/interface'
import type { AgendaEntry } from './agenda.js'
import type { PendingWants } from './pending-wants.js'
import type { Ration } from './ration.js'

/** What a leaf wants of its router, and whose logs it was sent because of that. */
export class LeafInterest {
  /** Whether it wants everything. */
  all = false
  /** The names that it wants, by `nameText`. */
  readonly names: Set<string> = new Set()
  /** The owners whose changes it is sent. */
  readonly owners: Set<NodeId> = new Set()
  /** What it said and was not looked at, and when that is done; `undefined`: nothing. */
  pending: PendingWants | undefined = undefined
  turn: AgendaEntry | undefined = undefined
  /** How many owners and records are looked at because it changes what it wants. */
  readonly looks: Ration

  constructor(looks: Ration) {
    this.looks = looks
  }

  get isEmpty(): boolean {
    return !this.all && this.names.size === 0
  }
}
