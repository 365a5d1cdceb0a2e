import type { NodeId } from '@astranet/interface'
import type { Graph } from '../graph/graph.js'
import type { ServiceView } from '../view/service-view.js'
import type { AgendaEntry } from './agenda.js'
import type { Neighbour } from './neighbour.js'
import { recordsOf, type OwnerLogs } from './log-store.js'
import type { MissingLogs } from './missing-logs.js'
import type { Returning } from './returning.js'
import { GRACE_MS, SHORT_ABSENCE_MS } from './sync-limits.js'
import type { SyncState } from './sync-state.js'

/** What {@link Visibility} works with. */
export interface VisibilityParts {
  readonly state: SyncState
  readonly graph: Graph
  readonly view: ServiceView
  readonly missing: MissingLogs
  readonly returning: Returning
  /** Whether the router of this leaf gave it the owner's logs. */
  readonly isGiven: (owner: NodeId) => boolean
  /** The services of an owner are visible from now on; it could not be reached since `since`. */
  readonly onShown: (logs: OwnerLogs, since: number) => void
  readonly onHidden: (owner: NodeId) => void
}

/**
 * Which other nodes are visible: readers see their services, and routers offer their logs. It follows the graph; one
 * that returns has to be confirmed first. When the last router is lost nothing is known of far nodes, so they stay
 * visible until the next one has told, or for a while.
 */
export class Visibility {
  readonly #parts: VisibilityParts
  readonly #visible = new Set<NodeId>()
  readonly #inGrace = new Set<NodeId>()
  #graceEnd: AgendaEntry | undefined = undefined
  #isClosed = false

  constructor(parts: VisibilityParts) {
    this.#parts = parts
  }

  get count(): number {
    return this.#visible.size
  }

  has(owner: NodeId): boolean {
    return this.#visible.has(owner)
  }

  owners(): Iterable<NodeId> {
    return this.#visible
  }

  /**
   * Takes what the graph has found since the last time, because of what `cause` has told. `isLosing`: because the last
   * router was lost.
   */
  settle(cause?: Neighbour, isLosing: boolean = false): void {
    const { graph, missing } = this.#parts
    const { appeared, gone, suspects } = graph.takeChanges()
    if (isLosing) this.#beginGrace(gone)
    for (const owner of appeared) this.refresh(owner, cause)
    for (const owner of gone) this.refresh(owner)
    missing.suspect(suspects)
  }

  /** Looks whether an owner is visible now. `cause`: the neighbour that told what has changed. */
  refresh(owner: NodeId, cause?: Neighbour): void {
    const { isGiven, state } = this.#parts
    if (owner === state.self) return
    const logs = state.store.owner(owner)
    const isHeld = logs?.services?.version !== undefined
    const isReachable = this.#isInGraph(owner) || isGiven(owner) || this.#inGrace.has(owner)
    if (logs !== undefined && isHeld && isReachable) this.#reached(logs, cause)
    else this.#hide(owner)
  }

  /** The logs of an owner are about to be forgotten. */
  forget(owner: NodeId): void {
    this.#inGrace.delete(owner)
    this.#hide(owner)
  }

  /** Shows an owner that has returned, once what is held of it is confirmed. */
  confirmed(owner: NodeId): void {
    const { state } = this.#parts
    const logs = state.store.owner(owner)
    if (logs !== undefined) this.#show(logs, state.store.hiddenSince(owner) ?? state.now)
  }

  /** A router has told what there is, or the time is over. */
  endGrace(): void {
    this.#parts.state.agenda.cancel(this.#graceEnd)
    this.#graceEnd = undefined
    const owners = [...this.#inGrace]
    this.#inGrace.clear()
    for (const owner of owners) this.refresh(owner)
  }

  /** No router is waited for any more: what cannot be reached is hidden at once. */
  close(): void {
    this.#isClosed = true
    this.endGrace()
  }

  /**
   * A router sends a leaf nothing but what the leaf asks for, so a link to it does not keep its own services current.
   */
  #isInGraph(owner: NodeId): boolean {
    const { graph, state } = this.#parts
    return graph.isReachable(owner) && (state.holdsAll || state.neighbours.get(owner)?.isRouter !== true)
  }

  #beginGrace(owners: readonly NodeId[]): void {
    if (this.#isClosed) return
    const { agenda, now } = this.#parts.state
    for (const owner of owners) if (this.#visible.has(owner)) this.#inGrace.add(owner)
    if (this.#inGrace.size > 0) this.#graceEnd ??= agenda.add(now + GRACE_MS, () => this.endGrace())
  }

  /** An owner can be reached. What is held of it may be out of date, unless it is a neighbour or was here just now. */
  #reached(logs: OwnerLogs, cause: Neighbour | undefined): void {
    const { owner } = logs
    const { state, graph, returning, isGiven } = this.#parts
    if (this.#visible.has(owner)) return
    const since = state.store.hiddenSince(owner) ?? state.now
    const isCertain = graph.isNeighbour(owner) || isGiven(owner)
    if (isCertain) returning.end(owner)
    else if (returning.has(owner)) return
    else if (state.now - since >= SHORT_ABSENCE_MS && returning.begin(owner, cause)) return
    this.#show(logs, since)
  }

  #show(logs: OwnerLogs, since: number): void {
    const { owner } = logs
    const { state, view, onShown } = this.#parts
    this.#visible.add(owner)
    state.store.setReachable(owner, true, state.now)
    for (const record of recordsOf(logs, 'services')) if (record.kind === 'service') view.set(record)
    state.signal.reachChanged(owner)
    onShown(logs, since)
  }

  #hide(owner: NodeId): void {
    this.#parts.returning.end(owner)
    if (!this.#visible.delete(owner)) return
    const { state, view, onHidden } = this.#parts
    const logs = state.store.owner(owner)
    state.store.setReachable(owner, false, state.now)
    for (const record of recordsOf(logs, 'services')) if (record.kind === 'service') view.delete(record)
    if (logs?.services !== undefined) state.tree.remove(logs.services)
    if (logs?.links !== undefined) state.tree.remove(logs.links)
    state.signal.reachChanged(owner)
    onHidden(owner)
  }
}
