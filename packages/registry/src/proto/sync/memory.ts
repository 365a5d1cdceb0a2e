import { AstraError, formatNodeId, type NodeId } from '@astranet/interface'
import type { Refused } from '../report.js'
import type { AgendaEntry } from './agenda.js'
import type { OwnerLogs } from './log-store.js'
import type { RefusedOwners } from './refused-owners.js'
import type { SyncState } from './sync-state.js'

/** What {@link Memory} works with. */
export interface MemoryParts {
  readonly state: SyncState
  readonly refused: RefusedOwners
  readonly maxHeldBytes: number
  readonly forgetAfterMs: number
  /** What readers look things up in, in bytes. */
  readonly viewBytes: () => number
  /** The logs of an owner are to be forgotten. */
  readonly onForget: (owner: NodeId) => void
  /** A neighbour is refused: there is no link to it any more. */
  readonly onRefused: (neighbour: NodeId) => void
}

/** Keeps what is held of others within one number, and for as long as it is of use. */
export class Memory {
  readonly #parts: MemoryParts
  #taken: Refused[] = []
  #expiry: AgendaEntry | undefined = undefined

  constructor(parts: MemoryParts) {
    this.#parts = parts
  }

  /** The bytes that count. */
  get heldBytes(): number {
    return this.#parts.state.store.heldBytes + this.#parts.viewBytes()
  }

  /** See `Catalogue.takeRefused`. */
  takeRefused(): readonly Refused[] {
    const taken = this.#taken
    if (taken.length > 0) this.#taken = []
    return taken
  }

  /**
   * Makes room after the logs of `changed` have grown: what cannot be reached goes first, the longest gone first, then
   * the largest owner. What has come just now and has to go again is refused, so that it is not asked for at once.
   */
  makeRoom(changed: NodeId): void {
    const { state, maxHeldBytes, onForget } = this.#parts
    while (this.heldBytes > maxHeldBytes) {
      const hidden = state.store.firstHidden?.owner
      if (hidden !== undefined && hidden !== changed && !state.neighbours.isUp(hidden)) {
        onForget(hidden)
        continue
      }
      const largest = hidden === changed ? state.store.owner(changed) : state.store.largest
      if (largest === undefined) return
      if (!this.#dropParts(largest)) this.#refuse(largest)
    }
  }

  /** Forgets what cannot be reached for long. Called when something has become unreachable. */
  watchHidden(): void {
    const { state, forgetAfterMs } = this.#parts
    const first = state.store.firstHidden
    if (first === undefined || this.#expiry !== undefined) return
    this.#expiry = state.agenda.add(first.since + forgetAfterMs, () => this.#expire())
  }

  #expire(): void {
    const { state, forgetAfterMs, onForget } = this.#parts
    this.#expiry = undefined
    for (let first = state.store.firstHidden; first !== undefined; first = state.store.firstHidden) {
      if (state.now - first.since < forgetAfterMs) break
      onForget(first.owner)
    }
    this.watchHidden()
  }

  /**
   * Drops parts that others sent of logs that are held already: nobody has shown yet that the owner wrote them, so they
   * must not be what it is refused for. Returns whether there were any.
   */
  #dropParts({ services, links }: OwnerLogs): boolean {
    let hasDropped = false
    for (const log of [services, links]) {
      if (log?.version === undefined) continue
      for (const speaker of [...log.replica.speakers]) {
        if (speaker === log.owner) continue
        log.replica.dropStaged(speaker)
        hasDropped = true
      }
      this.#parts.state.store.count(log)
    }
    return hasDropped
  }

  #refuse(logs: OwnerLogs): void {
    const { state, refused, onForget, onRefused } = this.#parts
    const { owner, services, links } = logs
    for (const log of [services, links]) {
      const held = log?.state
      if (log !== undefined && held !== undefined) refused.add(log.key, held, held.size)
    }
    const text = `node ${formatNodeId(owner)} publishes the largest part of what is held, and there is no room for all`
    state.reports.add({ kind: 'refused', owner, speaker: undefined, text })
    onForget(owner)
    if (!state.neighbours.isUp(owner)) return
    onRefused(owner)
    this.#taken.push({ nodeId: owner, error: new AstraError('ASTRA_ERR_REGISTRY_LIMIT', text) })
  }
}
