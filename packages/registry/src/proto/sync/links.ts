import type { NodeId } from '@astranet/interface'
import type { Graph } from '../graph/graph.js'
import type { OwnLinks } from '../log/own-links.js'
import type { OwnRecords } from '../log/own-records.js'
import type { NeighbourFacts } from '../model/catalogue-options.js'
import type { AgendaEntry } from './agenda.js'
import type { Awaited } from './awaited.js'
import type { Home } from './home.js'
import type { Leaves } from './leaves.js'
import { Neighbour } from './neighbour.js'
import type { Confirmations } from './confirmations.js'
import type { Returning } from './returning.js'
import { GRACE_MS, ROOT_INTERVAL_MS } from './sync-limits.js'
import type { SyncState } from './sync-state.js'
import type { Visibility } from './visibility.js'

/** What {@link Links} work with. */
export interface LinksParts {
  readonly state: SyncState
  readonly graph: Graph
  readonly awaited: Awaited
  readonly leaves: Leaves
  readonly home: Home
  readonly visibility: Visibility
  readonly returning: Returning
  readonly confirmations: Confirmations
  readonly ownLinks: OwnLinks
  readonly ownRecords: OwnRecords
  readonly random: () => number
  /** Everything has arrived that a neighbour offered, or nothing of it arrives any more. */
  readonly onOfferComplete: (neighbour: Neighbour) => void
}

/** Neighbours that come and go: what begins with a link, what is complete at some time, and what ends with it. */
export class Links {
  readonly #parts: LinksParts
  #rootTimer: AgendaEntry | undefined = undefined

  constructor(parts: LinksParts) {
    this.#parts = parts
  }

  /** See `Catalogue.neighbourUp`. */
  up(facts: NeighbourFacts): void {
    const { state, home, ownLinks } = this.#parts
    const before = state.neighbours.get(facts.nodeId)
    if (before !== undefined && before.role === facts.role && before.holdsAll === facts.holdsAll) {
      if (facts.incarnation !== before.incarnation) this.#setLife(before, facts.incarnation, false)
      this.restart(before)
      before.isRestartDue = true
      return
    }
    if (before !== undefined) this.down(before)
    const neighbour = new Neighbour(facts, state.neighbours.rationsOf(facts.nodeId), state.now)
    state.neighbours.add(neighbour)
    ownLinks.up(neighbour.id, neighbour)
    home.begin(neighbour)
    state.signal.mark()
    this.#scheduleRoots()
  }

  /** The exchange with a neighbour begins anew: what was in flight is lost. */
  restart(neighbour: Neighbour): void {
    const { state, home } = this.#parts
    this.#drop(neighbour)
    neighbour.restart()
    neighbour.upAt = state.now
    this.#parts.onOfferComplete(neighbour)
    this.#parts.returning.restarted(neighbour)
    home.begin(neighbour)
    state.neighbours.wake(neighbour)
  }

  /** See `Catalogue.neighbourDown`. */
  down(neighbour: Neighbour): void {
    const { state, graph, home, visibility, ownLinks, ownRecords } = this.#parts
    state.neighbours.remove(neighbour, state.now)
    this.#drop(neighbour)
    state.agenda.cancel(neighbour.timer)
    home.lost(neighbour)
    ownLinks.down(neighbour.id)
    if (neighbour.isRouter) ownRecords.setRouter(neighbour.id, false)
    graph.setNeighbour(neighbour.id, undefined)
    const isLosing = neighbour.isRouter && neighbour.isCurrent && !this.#hasCurrentRouter()
    visibility.settle(undefined, isLosing)
    visibility.refresh(neighbour.id)
    this.#parts.returning.lost(neighbour)
    this.#parts.onOfferComplete(neighbour)
    state.signal.mark()
  }

  /** Looks whether everything is known that a neighbour offered when its link came up. */
  check(neighbour: Neighbour): void {
    const { isUp, isCurrent, hasGreeted, pull, awaited } = neighbour
    if (!isUp || isCurrent || !hasGreeted || pull !== 'idle' || awaited.size > 0) return
    const { state, visibility, onOfferComplete } = this.#parts
    neighbour.isCurrent = true
    onOfferComplete(neighbour)
    this.#publish(neighbour)
    visibility.settle(neighbour)
    visibility.refresh(neighbour.id)
    if (neighbour.isRouter) visibility.endGrace()
    state.signal.mark()
    state.neighbours.wake(neighbour)
  }

  /**
   * A neighbour says that it goes on in another life. What it offered stays visible until its logs of that life are
   * there, or for a while.
   */
  told(neighbour: Neighbour, incarnation: number): void {
    const { state } = this.#parts
    if (incarnation === neighbour.incarnation) return
    const held = state.store.get({ owner: neighbour.id, kind: 'services' })?.version?.incarnation
    if (!neighbour.isCurrent || held === undefined || held !== neighbour.incarnation) {
      this.#setLife(neighbour, incarnation, neighbour.isCurrent)
      return
    }
    state.agenda.add(state.now + GRACE_MS, () => {
      if (neighbour.isUp && neighbour.incarnation < incarnation) this.#setLife(neighbour, incarnation, true)
    })
  }

  /** A neighbour has sent its own log of a later life. */
  laterLife(nodeId: NodeId, incarnation: number): void {
    const neighbour = this.#parts.state.neighbours.get(nodeId)
    if (neighbour !== undefined) this.#setLife(neighbour, incarnation, neighbour.isCurrent)
  }

  /** The cost of a link has changed. */
  costChanged(nodeId: NodeId): void {
    const neighbour = this.#parts.state.neighbours.get(nodeId)
    if (neighbour?.isCurrent === true) this.#setInGraph(neighbour)
  }

  #setLife(neighbour: Neighbour, incarnation: number, isCurrent: boolean): void {
    const { graph, ownLinks, visibility, state } = this.#parts
    neighbour.incarnation = incarnation
    neighbour.isCurrent = isCurrent
    if (!isCurrent) neighbour.begunAt = state.now
    ownLinks.up(neighbour.id, neighbour)
    if (isCurrent) this.#publish(neighbour)
    else graph.setNeighbour(neighbour.id, undefined)
    visibility.settle(neighbour)
    state.signal.mark()
  }

  #publish(neighbour: Neighbour): void {
    const { ownLinks, ownRecords } = this.#parts
    ownLinks.current(neighbour.id)
    if (neighbour.isRouter) ownRecords.setRouter(neighbour.id, true)
    this.#setInGraph(neighbour)
  }

  #setInGraph({ id, incarnation, isRouter }: Neighbour): void {
    const { graph, ownLinks } = this.#parts
    graph.setNeighbour(id, { incarnation, isRouter, costMs: ownLinks.costMs(id) })
  }

  /** Nothing that was in flight on the link arrives any more. */
  #drop(neighbour: Neighbour): void {
    const { state, awaited, leaves, confirmations } = this.#parts
    awaited.leave(neighbour)
    leaves.leave(neighbour)
    confirmations.leave(neighbour)
    for (const log of neighbour.staging) {
      log.replica.dropStaged(neighbour.id)
      state.store.count(log)
    }
    neighbour.staging.clear()
  }

  #hasCurrentRouter(): boolean {
    for (const router of this.#parts.state.neighbours.routers) if (router.isCurrent) return true
    return false
  }

  /** Routers tell those that hold all the root of what they offer, now and then. */
  #scheduleRoots(): void {
    const { state, random } = this.#parts
    if (!state.isRouter || this.#rootTimer !== undefined) return
    const delay = ROOT_INTERVAL_MS * (0.9 + 0.2 * random())
    this.#rootTimer = state.agenda.add(state.now + delay, () => {
      this.#rootTimer = undefined
      for (const neighbour of state.neighbours.full) {
        neighbour.isRootDue = true
        state.neighbours.wake(neighbour)
      }
      if (state.neighbours.count > 0) this.#scheduleRoots()
    })
  }
}
