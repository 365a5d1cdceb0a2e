import type { NodeId } from '@astranet/interface'
import type { GraphSignal } from '../graph/graph-signal.js'
import type { CatalogueRole, CatalogueScope } from '../model/catalogue-options.js'
import { Agenda } from './agenda.js'
import type { LogStore } from './log-store.js'
import type { Neighbour } from './neighbour.js'
import { Neighbours } from './neighbours.js'
import { Reports } from './reports.js'
import type { SharedLog } from './shared-log.js'
import { VersionTree } from './version-tree.js'

/** What all parts of one catalogue's exchange share. */
export class SyncState {
  readonly self: NodeId
  readonly store: LogStore
  readonly signal: GraphSignal
  readonly agenda: Agenda = new Agenda()
  readonly neighbours: Neighbours = new Neighbours()
  readonly reports: Reports = new Reports()
  /** What this node holds and offers to those that hold all. */
  readonly tree: VersionTree = new VersionTree()
  role: CatalogueRole
  scope: CatalogueScope
  /** The latest time that was given, in ms: the time of what a promise brings. */
  now = 0
  sentMessages = 0
  receivedMessages = 0
  sentEntryBytes = 0
  receivedEntryBytes = 0

  constructor(parts: {
    readonly self: NodeId
    readonly store: LogStore
    readonly signal: GraphSignal
    readonly role: CatalogueRole
    readonly scope: CatalogueScope
  }) {
    this.self = parts.self
    this.store = parts.store
    this.signal = parts.signal
    this.role = parts.role
    this.scope = parts.scope
  }

  /** Whether this node passes on what it hears. */
  get isRouter(): boolean {
    return this.role === 'router'
  }

  /** Whether this node holds everything that it hears. */
  get holdsAll(): boolean {
    return this.scope === 'all'
  }

  /** A node speaks of itself in an older version than is held: it is shown that it has been further. */
  showEvidence(neighbour: Neighbour, log: SharedLog): void {
    neighbour.evidence.add(log)
    this.neighbours.wake(neighbour)
  }

  /** Takes the time of a call; it never goes back. */
  advance(now: number): void {
    if (now > this.now) this.now = now
  }
}
