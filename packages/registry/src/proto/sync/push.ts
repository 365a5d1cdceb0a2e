import { formatNodeId, type NodeId } from '@astranet/interface'
import type { Graph } from '../graph/graph.js'
import type { SpreadTree } from '../graph/spread-tree.js'
import type { Version } from '../model/version.js'
import type { Awaited } from './awaited.js'
import type { Neighbour } from './neighbour.js'
import { changeShare, type SharedLog } from './shared-log.js'
import {
  ANNOUNCE_DELAY_MS,
  MAX_OFFERED_BYTES,
  QUICK_ANNOUNCE_DELAY_MS,
  SMALL_LOG_BYTES,
  UNSETTLED_MS,
} from './sync-limits.js'
import type { SyncState } from './sync-state.js'

/**
 * Passes changes on: at once along a tree, which each router finds in its graph of the routers; and a while later as
 * announcements over the other links, to neighbours that have not shown yet that they have the change. So a change
 * costs one message for each node, and a loss, a router that withholds, or two routers that see different graphs cost
 * no more than time.
 */
export class Push {
  readonly #state: SyncState
  readonly #graph: Graph
  readonly #awaited: Awaited

  constructor(state: SyncState, graph: Graph, awaited: Awaited) {
    this.#state = state
    this.#graph = graph
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

  /** Tells the neighbours of a log whose links came up after `since`, when the log was not offered to them. */
  appeared(log: SharedLog, since: number): void {
    const isSmall = (log.state?.size ?? 0) <= MAX_OFFERED_BYTES
    for (const [neighbour, isNext] of this.#targets(log)) {
      if (neighbour.upAt < since) continue
      if (this.#isOfferedBy(neighbour, log)) continue
      // In order with the links that made it reachable: those would show what the neighbour held before.
      if (isNext && isSmall) this.#send(neighbour, log, undefined)
      else this.announce(neighbour, log)
    }
  }

  /** A log is to be announced to a neighbour. The one with the lower id does so first, and spares the other one's. */
  announce(neighbour: Neighbour, log: SharedLog): void {
    const { neighbours, now, self } = this.#state
    const isUnsettled = now - this.#graph.trees.changedAt(now) < UNSETTLED_MS
    const delay = isUnsettled ? QUICK_ANNOUNCE_DELAY_MS : ANNOUNCE_DELAY_MS
    neighbour.announcements.add(log, now + (self < neighbour.id ? delay : 2 * delay))
    neighbours.wake(neighbour)
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

  #pass(log: SharedLog, base: Version | undefined): void {
    for (const [neighbour, isNext] of this.#targets(log)) {
      if (neighbour.id === log.from) continue
      if (this.#isOfferedBy(neighbour, log)) continue
      if (isNext) this.#send(neighbour, log, this.#isLikelyUnknown(neighbour, log) ? undefined : base)
      else this.announce(neighbour, log)
    }
  }

  #send(neighbour: Neighbour, log: SharedLog, base: Version | undefined): void {
    neighbour.dirty.add(log, base)
    neighbour.announcements.delete(log.key)
    this.#state.neighbours.wake(neighbour)
  }

  /** Whether a neighbour was not offered a log when its link came up, and all of it is not much. */
  #isLikelyUnknown(neighbour: Neighbour, { owner, state }: SharedLog): boolean {
    const since = this.#state.store.hiddenSince(owner)
    const isSmall = state !== undefined && state.size <= SMALL_LOG_BYTES
    return isSmall && since !== undefined && neighbour.upAt >= since
  }

  /** Those that hear of all changes of a log, and whether they are next in the tree. */
  *#targets({ owner }: { readonly owner: NodeId }): Iterable<readonly [Neighbour, boolean]> {
    const { isRouter, self, neighbours, now } = this.#state
    if (!isRouter) {
      if (owner === self) for (const neighbour of neighbours.all) yield [neighbour, true]
      return
    }
    const { trees } = this.#graph
    // Where there is nobody to send to, no tree is looked for.
    let tree: SpreadTree | undefined | null = null
    for (const neighbour of neighbours.full) {
      if (neighbour.id === owner) continue
      if (tree === null) tree = trees.treeOf(owner, now)
      yield [neighbour, tree === undefined || trees.leadsTo(tree, neighbour.id)]
    }
  }

  #isOfferedBy(neighbour: Neighbour, { key, version }: SharedLog): boolean {
    return version !== undefined && this.#awaited.isOfferedBy(neighbour, key, version)
  }

  #report({ owner }: SharedLog): void {
    const text = `node ${formatNodeId(owner)} changes more often than is passed on; its newest state is`
    this.#state.reports.add({ kind: 'flood', owner, speaker: undefined, text })
  }
}
