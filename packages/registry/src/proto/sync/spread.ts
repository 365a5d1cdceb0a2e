import type { NodeId } from '@astranet/interface'
import type { Version } from '../model/version.js'
import type { ServiceView } from '../view/service-view.js'
import type { Awaited } from './awaited.js'
import type { GraphFeed } from './graph-feed.js'
import type { HeldLog } from './held-log.js'
import type { Home } from './home.js'
import type { LogChange } from './intake.js'
import type { Leaves } from './leaves.js'
import type { OwnerLogs } from './log-store.js'
import type { Memory } from './memory.js'
import type { Neighbour } from './neighbour.js'
import type { Confirmations } from './confirmations.js'
import type { Push } from './push.js'
import type { Returning } from './returning.js'
import type { SharedLog } from './shared-log.js'
import { MAX_ORDER_MS, MAX_WAITING_CHANGES } from './sync-limits.js'
import type { SyncState } from './sync-state.js'
import type { Visibility } from './visibility.js'

/** What {@link Spread} works with. */
export interface SpreadParts {
  readonly state: SyncState
  readonly view: ServiceView
  readonly feed: GraphFeed
  readonly awaited: Awaited
  readonly push: Push
  readonly leaves: Leaves
  readonly home: Home
  readonly visibility: Visibility
  readonly returning: Returning
  readonly confirmations: Confirmations
  readonly memory: Memory
  /** A neighbour sent its own logs of a later life than its link told. */
  readonly onLaterLife: (neighbour: NodeId, incarnation: number) => void
}

/** What follows from a change of a log: for readers, for the graph, and for neighbours that are to hear of it. */
export class Spread {
  readonly #parts: SpreadParts
  /** Changes of links that wait, by the router that has to send other things first. */
  readonly #waiting = new Map<Neighbour, LogChange[]>()
  readonly #waitsFor = new Map<HeldLog, Neighbour>()

  constructor(parts: SpreadParts) {
    this.#parts = parts
  }

  /** A log of another node has changed. */
  changed(change: LogChange): void {
    const { state, awaited, home, memory } = this.#parts
    const { log, from } = change
    const { owner } = log
    // It was forgotten while its signature was checked.
    if (log.version === undefined || !this.#isHeld(log)) return
    state.store.count(log)
    state.signal.mark()
    if (!this.#wait(change)) this.#spread(change)
    awaited.arrived(log.key, log.version, from)
    home.received(from, owner)
    memory.makeRoom(owner)
    memory.watchHidden()
  }

  /** A router has sent everything that it offered, or its link has gone: what waited for that is spread. */
  release(router: Neighbour): void {
    const changes = this.#waiting.get(router)
    if (changes === undefined) return
    this.#waiting.delete(router)
    for (const { log } of changes) this.#waitsFor.delete(log)
    for (const change of changes) if (this.#isHeld(change.log)) this.#spread(change)
  }

  /** A log has changed since `base`, and neighbours are to hear of it. */
  tell(log: SharedLog, base: Version | undefined): void {
    const { push, leaves } = this.#parts
    push.changed(log, base, (passedBase) => {
      if (log.kind === 'services') leaves.passedOn(log, passedBase)
    })
  }

  /** The logs of an owner are offered from now on; it could not be reached since `since`. */
  shown(logs: OwnerLogs, since: number): void {
    const { leaves, confirmations } = this.#parts
    for (const log of [logs.services, logs.links]) if (log !== undefined) this.#offer(log, since)
    leaves.shown(logs.owner)
    confirmations.shown(logs.owner)
  }

  /** Forgets the logs of an owner. */
  forget(owner: NodeId): void {
    const { state, feed, visibility } = this.#parts
    const logs = state.store.owner(owner)
    if (logs === undefined) return
    visibility.forget(owner)
    feed.forget(logs)
    for (const log of [logs.services, logs.links]) {
      if (log === undefined) continue
      for (const speaker of log.replica.speakers) state.neighbours.get(speaker)?.staging.delete(log)
    }
    state.store.drop(owner)
    visibility.settle()
  }

  /**
   * Whether a change of links waits until everything has arrived that its speaker offered. It may be ahead of that, and
   * make nodes visible in states that are out of date. Changes of one log stay in order, so those after it wait too. A
   * router that does not send what it offered cannot hold them back for longer than `MAX_ORDER_MS`.
   */
  #wait(change: LogChange): boolean {
    const { state } = this.#parts
    const { log, from } = change
    const until = from.begunAt + MAX_ORDER_MS
    const isAhead = log.kind === 'links' && from.isUp && from.isRouter && !from.isCurrent && state.now < until
    const router = this.#waitsFor.get(log) ?? (isAhead ? from : undefined)
    if (router === undefined) return false
    const changes = this.#waiting.get(router) ?? []
    if (changes.length === 0) state.agenda.add(until, () => this.release(router))
    changes.push(change)
    this.#waiting.set(router, changes)
    this.#waitsFor.set(log, router)
    if (changes.length >= MAX_WAITING_CHANGES) this.release(router)
    return true
  }

  #isHeld(log: HeldLog): boolean {
    return this.#parts.state.store.get(log) === log
  }

  #spread(change: LogChange): void {
    const { state, feed, visibility, returning } = this.#parts
    const { log, before, changes, from } = change
    const logs = state.store.owner(log.owner)
    if (logs === undefined) return
    this.#show(change, visibility.has(log.owner))
    if (log.kind === 'services') feed.servicesChanged(logs)
    else feed.linksChanged(logs, changes)
    this.#lookAtLife(change)
    visibility.settle(from)
    visibility.refresh(log.owner, from)
    if (log.kind === 'services') returning.arrived(log.owner)
    // Also when the owner cannot be reached yet: a link that is published later must find everything newer ahead of it.
    this.tell(log, before)
  }

  #offer(log: HeldLog, since: number): void {
    const { state, push } = this.#parts
    if (log.version === undefined) return
    state.tree.put(log)
    push.appeared(log, since)
  }

  /** A neighbour's own log may show a later life of it: one that its link did not tell, or that it does not know. */
  #lookAtLife({ log, from }: LogChange): void {
    const { state, onLaterLife } = this.#parts
    const neighbour = state.neighbours.get(log.owner)
    const incarnation = log.version?.incarnation ?? 0
    if (neighbour === undefined || incarnation <= neighbour.incarnation) return
    if (from === neighbour) onLaterLife(log.owner, incarnation)
    else state.showEvidence(neighbour, log)
  }

  /** Readers see what has changed. What is gone goes in any case: it may have been hidden since, by what is held now. */
  #show({ log, changes }: LogChange, isVisible: boolean): void {
    const { state, view, leaves } = this.#parts
    if (isVisible) state.tree.put(log)
    for (const { before, now } of changes) {
      if (now?.kind === 'service' && isVisible) view.set(now)
      else if (now === undefined && before?.kind === 'service') view.delete(before)
    }
    if (isVisible && log.kind === 'services') leaves.note(log.owner, changes)
  }
}
