import type { NodeId } from '@astranet/interface'
import type { Graph } from '../graph/graph.js'
import { compareVersions, type Version } from '../model/version.js'
import type { AgendaEntry } from './agenda.js'
import type { Neighbour } from './neighbour.js'
import { CONFIRM_PATIENCE_MS, MAX_RETURN_MS } from './sync-limits.js'
import type { SyncState } from './sync-state.js'

/** An owner that can be reached again, and the neighbour that is to confirm what is held of it. */
interface Return {
  readonly owner: NodeId
  readonly startedAt: number
  askedOf: Neighbour | undefined
  /** What a neighbour has confirmed, when that is newer than what is held. */
  version: Version | undefined
  timer: AgendaEntry | undefined
}

/**
 * Owners that could not be reached for a while, and now can. What is held of them may be out of date, and news of them
 * may come over another way than the link that made them reachable. So the router before this one on the way from the
 * owner is asked which version it has confirmed. It asks the one before it, and so on, up to one that has a link to the
 * owner or never lost it. The owner is shown when the version that comes back is held.
 *
 * It is asked again from time to time, because the way may have changed; and after a while the owner is shown in any
 * case: a router that does not answer must not keep it away.
 */
export class Returning {
  readonly #state: SyncState
  readonly #graph: Graph
  readonly #onConfirmed: (owner: NodeId) => void
  readonly #byOwner = new Map<NodeId, Return>()

  constructor(state: SyncState, graph: Graph, onConfirmed: (owner: NodeId) => void) {
    this.#state = state
    this.#graph = graph
    this.#onConfirmed = onConfirmed
  }

  get size(): number {
    return this.#byOwner.size
  }

  has(owner: NodeId): boolean {
    return this.#byOwner.has(owner)
  }

  /** Whether a neighbour is asked about an owner. */
  isAskedOf(neighbour: Neighbour, owner: NodeId): boolean {
    return this.#byOwner.get(owner)?.askedOf === neighbour
  }

  /**
   * An owner can be reached again, because of what `cause` has sent. Returns false when nobody can be asked about it, so
   * that it is to be shown at once.
   */
  begin(owner: NodeId, cause: Neighbour | undefined): boolean {
    const asked = this.#nextHop(owner) ?? (cause?.isUp === true && cause.isRouter ? cause : undefined)
    if (asked === undefined) return false
    const { now } = this.#state
    const entry: Return = { owner, startedAt: now, askedOf: undefined, version: undefined, timer: undefined }
    this.#byOwner.set(owner, entry)
    this.#ask(entry, asked)
    return true
  }

  /** An owner cannot be reached any more, or is shown. */
  end(owner: NodeId): void {
    const entry = this.#byOwner.get(owner)
    if (entry === undefined) return
    this.#byOwner.delete(owner)
    this.#state.agenda.cancel(entry.timer)
    entry.askedOf?.toConfirm.delete(owner)
  }

  /** A neighbour has confirmed a version of an owner's services log. */
  confirmed(from: Neighbour, owner: NodeId, version: Version): void {
    const entry = this.#byOwner.get(owner)
    if (entry?.askedOf !== from) return
    entry.version = version
    this.arrived(owner)
  }

  /** The services log of an owner has changed. */
  arrived(owner: NodeId): void {
    const version = this.#byOwner.get(owner)?.version
    const held = this.#state.store.owner(owner)?.services?.version
    if (version === undefined || held === undefined || compareVersions(held, version) < 0) return
    this.#confirm(owner)
  }

  /** A neighbour does not answer any more. */
  lost(neighbour: Neighbour): void {
    for (const entry of [...this.#byOwner.values()]) if (entry.askedOf === neighbour) this.#askNextHop(entry)
  }

  /** The exchange with a neighbour begins anew: what it was asked may be lost. */
  restarted(neighbour: Neighbour): void {
    for (const { owner, askedOf } of this.#byOwner.values())
      if (askedOf === neighbour) neighbour.toConfirm.add(owner)
  }

  #ask(entry: Return, neighbour: Neighbour): void {
    const { agenda, neighbours, now } = this.#state
    entry.askedOf?.toConfirm.delete(entry.owner)
    entry.askedOf = neighbour
    neighbour.toConfirm.add(entry.owner)
    neighbours.wake(neighbour)
    entry.timer = agenda.add(now + CONFIRM_PATIENCE_MS, () => this.#askNextHop(entry))
  }

  /** There is no answer: the one that is before this node by now is asked, as long as there is time. */
  #askNextHop(entry: Return): void {
    const { agenda, now } = this.#state
    agenda.cancel(entry.timer)
    const { askedOf } = entry
    const next = this.#nextHop(entry.owner) ?? (askedOf?.isUp === true ? askedOf : undefined)
    const end = entry.startedAt + MAX_RETURN_MS
    if (next === undefined || now >= end) this.#confirm(entry.owner)
    else this.#ask(entry, next)
  }

  #nextHop(owner: NodeId): Neighbour | undefined {
    const hop = this.#graph.trees.before(owner, this.#state.now)
    const neighbour = hop === undefined ? undefined : this.#state.neighbours.get(hop)
    return neighbour?.isRouter === true ? neighbour : undefined
  }

  #confirm(owner: NodeId): void {
    this.end(owner)
    this.#onConfirmed(owner)
  }
}
