import type { NodeId } from '@astranet/interface'
import type { Graph } from '../graph/graph.js'
import { logKey } from '../log/log-id.js'
import { MAX_MISSING, MISSING_DELAY_MS } from './sync-limits.js'
import type { SyncState } from './sync-state.js'

/** Nodes that others have links to, and whose logs have not arrived: they are asked for, one neighbour after another. */
export class MissingLogs {
  readonly #state: SyncState
  readonly #graph: Graph
  readonly #waiting = new Set<NodeId>()

  constructor(state: SyncState, graph: Graph) {
    this.#state = state
    this.#graph = graph
  }

  /** The logs of these nodes may be missing. */
  suspect(ids: readonly NodeId[]): void {
    if (!this.#state.holdsAll) return
    for (const id of ids) {
      if (this.#waiting.size >= MAX_MISSING) return
      if (this.#waiting.has(id)) continue
      this.#waiting.add(id)
      this.#later(id, 0)
    }
  }

  #later(id: NodeId, tries: number): void {
    const { agenda, now } = this.#state
    agenda.add(now + MISSING_DELAY_MS, () => this.#ask(id, tries))
  }

  #ask(id: NodeId, tries: number): void {
    const { neighbours, store } = this.#state
    const nextHop = this.#graph.missing(id)?.nextHops[tries]
    const neighbour = nextHop === undefined ? undefined : neighbours.get(nextHop)
    if (neighbour === undefined) {
      this.#waiting.delete(id)
      return
    }
    for (const kind of ['services', 'links'] as const) {
      const isHeld = store.get({ owner: id, kind })?.version !== undefined
      neighbour.asks.set(logKey(id, kind), { owner: id, kind, isWhole: !isHeld })
    }
    neighbours.wake(neighbour)
    this.#later(id, tries + 1)
  }
}
