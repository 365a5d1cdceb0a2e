import type { NodeId } from '@astranet/interface'
import type { LogId, LogKind } from '../log/log-id.js'
import type { ReplicaParts } from '../log/replica.js'
import type { CatalogueRecord } from '../model/record.js'
import { HeldLog } from './held-log.js'
import { LargestFirst, type Sized } from './largest-first.js'

/** The logs of one other node. `bytes` is the memory that they take. */
export interface OwnerLogs extends Sized {
  readonly owner: NodeId
  services: HeldLog | undefined
  links: HeldLog | undefined
  /** Whether the graph knows the links of its links log. */
  areLinksKnown: boolean
}

/** The logs of all other nodes that are held, and the memory that they take. */
export class LogStore {
  readonly #parts: ReplicaParts
  readonly #byOwner = new Map<NodeId, OwnerLogs>()
  /** When each owner that cannot be reached was last reachable, longest first. */
  readonly #hidden = new Map<NodeId, number>()
  readonly #bySize = new LargestFirst<OwnerLogs>()
  #heldBytes = 0
  #logs = 0

  constructor(parts: ReplicaParts) {
    this.#parts = parts
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  /** How many logs are held. */
  get logs(): number {
    return this.#logs
  }

  owner(owner: NodeId): OwnerLogs | undefined {
    return this.#byOwner.get(owner)
  }

  owners(): Iterable<OwnerLogs> {
    return this.#byOwner.values()
  }

  get({ owner, kind }: LogId): HeldLog | undefined {
    return this.#byOwner.get(owner)?.[kind]
  }

  /** The log of that id, empty when nothing is held of it. */
  open(id: LogId, now: number): HeldLog {
    let logs = this.#byOwner.get(id.owner)
    if (logs === undefined) {
      const { owner } = id
      logs = { owner, services: undefined, links: undefined, areLinksKnown: false, bytes: 0, place: -1 }
      this.#byOwner.set(owner, logs)
      this.#hidden.set(owner, now)
    }
    let log = logs[id.kind]
    if (log === undefined) {
      log = new HeldLog(id, this.#parts)
      logs[id.kind] = log
      this.#logs++
    }
    return log
  }

  /** Updates the sum of what is held after a log has changed. */
  count(log: HeldLog): void {
    const logs = this.#byOwner.get(log.owner)
    if (logs?.[log.kind] !== log) return
    const bytes = log.replica.heldBytes + log.replica.stagedBytes
    const more = bytes - log.countedBytes
    this.#heldBytes += more
    log.countedBytes = bytes
    this.#bySize.resize(logs, logs.bytes + more)
  }

  /** An owner can be reached, or not any more since `now`. */
  setReachable(owner: NodeId, isReachable: boolean, now: number): void {
    this.#hidden.delete(owner)
    if (!isReachable && this.#byOwner.has(owner)) this.#hidden.set(owner, now)
  }

  /** Since when an owner cannot be reached; `undefined`: it can. */
  hiddenSince(owner: NodeId): number | undefined {
    return this.#hidden.get(owner)
  }

  /** The owner that could not be reached for longest, and since when. */
  get firstHidden(): { readonly owner: NodeId; readonly since: number } | undefined {
    for (const [owner, since] of this.#hidden) return { owner, since }
    return undefined
  }

  /** Forgets the logs of an owner; they must not be visible or offered. */
  drop(owner: NodeId): void {
    const logs = this.#byOwner.get(owner)
    if (logs === undefined) return
    this.#byOwner.delete(owner)
    this.#hidden.delete(owner)
    this.#bySize.remove(logs)
    this.#heldBytes -= logs.bytes
    this.#logs -= (logs.services === undefined ? 0 : 1) + (logs.links === undefined ? 0 : 1)
    // Neighbours that do not read may have it among what is due to them: that must not keep the memory.
    logs.services?.drop()
    logs.links?.drop()
  }

  /** The owner whose logs take the most memory. */
  get largest(): OwnerLogs | undefined {
    return this.#bySize.largest
  }
}

/** The records of one log of an owner. */
export function recordsOf(logs: OwnerLogs | undefined, kind: LogKind): Iterable<CatalogueRecord> {
  return logs?.[kind]?.replica.records() ?? []
}
