import type { NodeId } from '@astranet/interface'
import type { Neighbour } from './neighbour.js'
import { CONFIRMS_AT_ONCE, MAX_CONFIRMED, MAX_RETURN_MS } from './sync-limits.js'
import type { SyncState } from './sync-state.js'

/**
 * A router's answers to neighbours that ask which version of an owner's services log it has confirmed: at once when the
 * owner is shown here, otherwise as soon as it is. A question is forgotten after a while; the neighbour asks again about
 * what it still wants to know.
 */
export class Confirmations {
  readonly #state: SyncState
  readonly #isShown: (owner: NodeId) => boolean
  readonly #waiting = new Map<NodeId, Set<Neighbour>>()

  constructor(state: SyncState, isShown: (owner: NodeId) => boolean) {
    this.#state = state
    this.#isShown = isShown
  }

  /** A neighbour asks about these owners. What is beyond its ration, or beyond the limit, is not answered. */
  asked(from: Neighbour, owners: readonly NodeId[]): void {
    const { isRouter, neighbours, agenda, now } = this.#state
    if (!isRouter || !from.holdsAll || !from.confirmAsks.tryUse(1 / CONFIRMS_AT_ONCE, now)) return
    for (const owner of owners) {
      if (from.confirmed.size + from.unconfirmed.size >= MAX_CONFIRMED) break
      if (this.isShown(owner)) from.confirmed.add(owner)
      else this.#wait(owner, from)
    }
    neighbours.wake(from)
    if (from.unconfirmed.size > 0)
      from.unconfirmedEnd ??= agenda.add(now + MAX_RETURN_MS, () => this.#forget(from))
  }

  /** Whether an owner is shown here, or is this node. */
  isShown(owner: NodeId): boolean {
    return owner === this.#state.self || this.#isShown(owner)
  }

  /** An owner is shown here from now on. */
  shown(owner: NodeId): void {
    const waiting = this.#waiting.get(owner)
    if (waiting === undefined) return
    this.#waiting.delete(owner)
    for (const neighbour of waiting) {
      neighbour.unconfirmed.delete(owner)
      neighbour.confirmed.add(owner)
      this.#state.neighbours.wake(neighbour)
    }
  }

  /** A neighbour has gone, or begins anew. */
  leave(neighbour: Neighbour): void {
    this.#forget(neighbour)
    neighbour.confirmed.clear()
  }

  #forget(neighbour: Neighbour): void {
    this.#state.agenda.cancel(neighbour.unconfirmedEnd)
    neighbour.unconfirmedEnd = undefined
    for (const owner of neighbour.unconfirmed) {
      const waiting = this.#waiting.get(owner)
      waiting?.delete(neighbour)
      if (waiting?.size === 0) this.#waiting.delete(owner)
    }
    neighbour.unconfirmed.clear()
  }

  #wait(owner: NodeId, neighbour: Neighbour): void {
    const waiting = this.#waiting.get(owner) ?? new Set()
    this.#waiting.set(owner, waiting)
    waiting.add(neighbour)
    neighbour.unconfirmed.add(owner)
  }
}
