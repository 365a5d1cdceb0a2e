import { formatNodeId, type NodeId } from '@astranet/interface'
import type { Version } from '../model/version.js'
import type { Awaited } from './awaited.js'
import type { Neighbour } from './neighbour.js'
import { changeShare, type SharedLog } from './shared-log.js'
import { MAX_OFFERED_BYTES, SMALL_LOG_BYTES } from './sync-limits.js'
import type { SyncState } from './sync-state.js'

/**
 * Passes changes on: at once over the links of a tree that forms by itself, as announcements over the others. A link
 * leaves the tree when it brings what is held already (the other side is asked to announce), and joins it again when it
 * announces what does not come otherwise.
 */
export class Push {
  readonly #state: SyncState
  readonly #awaited: Awaited

  constructor(state: SyncState, awaited: Awaited) {
    this.#state = state
    this.#awaited = awaited
  }

  /**
   * A log has changed since `base`. Changes of one log that come too often wait for its ration; then the newest state is
   * passed on. `onPassed` is called when it is passed on.
   */
  changed(log: SharedLog, base: Version | undefined, onPassed: (base: Version | undefined) => void): void {
    const { agenda, now } = this.#state
    if (log.waitingBase !== null) return
    if (log.passedOn.tryUse(changeShare(log.state?.size ?? 0), now)) {
      this.#pass(log, base)
      onPassed(base)
      return
    }
    log.waitingBase = base
    this.#report(log)
    agenda.add(log.passedOn.roomAt(now), () => {
      const waiting = log.waitingBase ?? undefined
      log.waitingBase = null
      // Its owner may have been forgotten meanwhile.
      if (log.version !== undefined) this.changed(log, waiting, onPassed)
    })
  }

  /** Tells those neighbours of a log that came up after `since`, when it was not offered. */
  appeared(log: SharedLog, since: number): void {
    for (const neighbour of this.#targets(log)) {
      if (neighbour.upAt < since || neighbour.id === log.owner) continue
      if (this.#isOfferedBy(neighbour, log)) continue
      // In order with the links that made it reachable: those would show what the neighbour held before.
      if (neighbour.isEager && (log.state?.size ?? 0) <= MAX_OFFERED_BYTES)
        neighbour.dirty.add(log, undefined)
      else this.announce(neighbour, log)
      this.#state.neighbours.wake(neighbour)
    }
  }

  /** A log is to be announced to a neighbour. */
  announce(neighbour: Neighbour, log: SharedLog): void {
    neighbour.announcements.add(log, this.#state.now)
    this.#state.neighbours.wake(neighbour)
  }

  /**
   * A neighbour offers `version` of a log, and a newer one is held here. The owner itself is shown it. Others are told
   * of a later life, also when its owner cannot be reached: the owner is on their side now, by a clock that went back,
   * and has to learn of it.
   */
  outdated(from: Neighbour, log: SharedLog, version: Version): void {
    const held = log.version
    if (log.owner === from.id) this.#state.showEvidence(from, log)
    else if (held !== undefined && held.incarnation > version.incarnation && from.isRouter)
      this.announce(from, log)
  }

  /** A neighbour sent what is held here already. */
  duplicate(from: Neighbour): void {
    if (from.hasPruned) return
    from.hasPruned = true
    from.isPruneDue = true
    from.isEager = false
    this.#state.neighbours.wake(from)
  }

  /** A neighbour asks to be told of changes, not to be sent them. */
  pruned(from: Neighbour): void {
    // What this node publishes has no other way than its links to routers.
    if (!this.#state.isRouter && !this.#hasOtherEager(from)) return
    from.isEager = false
  }

  /** A neighbour asks to be sent changes at once. */
  grafted(from: Neighbour): void {
    from.isEager = true
    from.hasPruned = false
    from.isPruneDue = false
  }

  /** Which links a new neighbour's is: a node that passes nothing on sends its changes to one router. */
  begin(neighbour: Neighbour): void {
    neighbour.isEager = this.#state.isRouter || !neighbour.isRouter || !this.#hasOtherEager(neighbour)
  }

  /** A link was lost: where it was in the tree, the others take its place until it has formed anew. */
  lost(neighbour: Neighbour): void {
    if (!neighbour.isEager && neighbour.hasPruned) return
    for (const each of this.#state.neighbours.routers) {
      if (!each.isEager || each.hasPruned) {
        each.isGraftDue = true
        each.hasPruned = false
        each.isPruneDue = false
        this.#state.neighbours.wake(each)
      }
      each.isEager = true
      if (!this.#state.isRouter) break
    }
  }

  #pass(log: SharedLog, base: Version | undefined): void {
    for (const neighbour of this.#targets(log)) {
      if (neighbour.id === log.from || neighbour.id === log.owner) continue
      if (this.#isOfferedBy(neighbour, log)) continue
      if (neighbour.isEager) {
        neighbour.dirty.add(log, this.#isLikelyUnknown(neighbour, log) ? undefined : base)
        neighbour.announcements.delete(log.key)
        this.#state.neighbours.wake(neighbour)
      } else this.announce(neighbour, log)
    }
  }

  /** Whether a neighbour was not offered a log when its link came up, and all of it is not much. */
  #isLikelyUnknown(neighbour: Neighbour, { owner, state }: SharedLog): boolean {
    const since = this.#state.store.hiddenSince(owner)
    const isSmall = state !== undefined && state.size <= SMALL_LOG_BYTES
    return isSmall && since !== undefined && neighbour.upAt >= since
  }

  /** Those that hear of all changes of a log. */
  #targets({ owner }: { readonly owner: NodeId }): Iterable<Neighbour> {
    const { isRouter, self, neighbours } = this.#state
    if (isRouter) return neighbours.full
    return owner === self ? neighbours.all : []
  }

  #isOfferedBy(neighbour: Neighbour, { key, version }: SharedLog): boolean {
    return version !== undefined && this.#awaited.isOfferedBy(neighbour, key, version)
  }

  #hasOtherEager(neighbour: Neighbour): boolean {
    for (const each of this.#state.neighbours.routers) if (each !== neighbour && each.isEager) return true
    return false
  }

  #report({ owner }: SharedLog): void {
    const text = `node ${formatNodeId(owner)} changes more often than is passed on; its newest state is`
    this.#state.reports.add({ kind: 'flood', owner, speaker: undefined, text })
  }
}
