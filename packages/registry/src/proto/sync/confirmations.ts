import type { NodeId } from '@astranet/interface'
import type { Neighbour } from './neighbour.js'
import { MAX_CONFIRMED, MAX_RETURN_MS } from './sync-limits.js'
import type { SyncState } from './sync-state.js'

/**
 * A router's answers to neighbours that ask which version of an owner's services log it has confirmed: at once when the
 * owner is shown here, otherwise as soon as it is.
 */
export class Confirmations {
  readonly #state: SyncState
  readonly #isShown: (owner: NodeId) => boolean
  readonly #waiting = new Map<NodeId, Set<Neighbour>>()

  constructor(state: SyncState, isShown: (owner: NodeId) => boolean) {
    this.#state = state
    this.#isShown = isShown
  }

  /** A neighbour asks about these owners. What is beyond the limit is not answered. */
  asked(from: Neighbour, owners: readonly NodeId[]): void {
    const { self, isRouter, neighbours, now } = this.#state
    if (!isRouter) return
    // It asks again about what it still wants to know.
    if (now - from.confirmsSince > MAX_RETURN_MS) this.leave(from)
    if (from.confirms.size === 0) from.confirmsSince = now
    for (const owner of owners) {
      if (from.confirms.size >= MAX_CONFIRMED) break
      from.confirms.add(owner)
      if (owner === self || this.#isShown(owner)) from.confirmed.add(owner)
      else this.#wait(owner, from)
    }
    neighbours.wake(from)
  }

  /** An owner is shown here from now on. */
  shown(owner: NodeId): void {
    const waiting = this.#waiting.get(owner)
    if (waiting === undefined) return
    this.#waiting.delete(owner)
    for (const neighbour of waiting) {
      neighbour.confirmed.add(owner)
      this.#state.neighbours.wake(neighbour)
    }
  }

  /** A neighbour has gone, or begins anew. */
  leave(neighbour: Neighbour): void {
    for (const owner of neighbour.confirms) {
      const waiting = this.#waiting.get(owner)
      waiting?.delete(neighbour)
      if (waiting?.size === 0) this.#waiting.delete(owner)
    }
    neighbour.confirms.clear()
    neighbour.confirmed.clear()
  }

  #wait(owner: NodeId, neighbour: Neighbour): void {
    const waiting = this.#waiting.get(owner) ?? new Set()
    this.#waiting.set(owner, waiting)
    waiting.add(neighbour)
  }
}
