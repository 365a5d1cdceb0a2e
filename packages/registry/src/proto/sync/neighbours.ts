import type { NodeId } from '@astranet/interface'
import { RESENT_REFILL_MS } from '../model/limits.js'
import type { Neighbour } from './neighbour.js'
import { Ration } from './ration.js'
import { MAX_REMEMBERED_RATIONS } from './sync-limits.js'

/** The neighbours that are up, those for which something is due, and what is remembered of those that were up. */
export class Neighbours {
  readonly #byId = new Map<NodeId, Neighbour>()
  readonly #full = new Set<Neighbour>()
  readonly #routers = new Set<Neighbour>()
  readonly #ready = new Set<Neighbour>()
  /** What those that are down were sent again, oldest first. */
  readonly #rations = new Map<NodeId, Ration>()

  get(id: NodeId): Neighbour | undefined {
    return this.#byId.get(id)
  }

  isUp(id: NodeId): boolean {
    return this.#byId.has(id)
  }

  /** All that are up. */
  get all(): Iterable<Neighbour> {
    return this.#byId.values()
  }

  get ids(): Iterable<NodeId> {
    return this.#byId.keys()
  }

  get count(): number {
    return this.#byId.size
  }

  /** Those that hold everything they hear. */
  get full(): Iterable<Neighbour> {
    return this.#full
  }

  /** Those that pass on what they hear, in the order in which they came up. */
  get routers(): Iterable<Neighbour> {
    return this.#routers
  }

  /** The ration of what is sent again to a neighbour, also over its next links. */
  rationOf(id: NodeId): Ration {
    const ration = this.#rations.get(id) ?? new Ration(RESENT_REFILL_MS)
    this.#rations.delete(id)
    return ration
  }

  add(neighbour: Neighbour): void {
    this.#byId.set(neighbour.id, neighbour)
    if (neighbour.holdsAll) this.#full.add(neighbour)
    if (neighbour.isRouter) this.#routers.add(neighbour)
    this.#ready.add(neighbour)
  }

  remove(neighbour: Neighbour, now: number): void {
    this.#byId.delete(neighbour.id)
    this.#full.delete(neighbour)
    this.#routers.delete(neighbour)
    this.#ready.delete(neighbour)
    neighbour.isUp = false
    if (neighbour.resent.unusedAt(now) > now) this.#rations.set(neighbour.id, neighbour.resent)
    for (const id of this.#rations.keys()) {
      if (this.#rations.size <= MAX_REMEMBERED_RATIONS) break
      this.#rations.delete(id)
    }
  }

  /** Something may be due to it. */
  wake(neighbour: Neighbour): void {
    if (neighbour.isUp) this.#ready.add(neighbour)
  }

  /** Nothing is due to it. */
  rest(neighbour: Neighbour): void {
    this.#ready.delete(neighbour)
  }

  /** Whether a log is due to any of them. */
  isDue(key: string): boolean {
    for (const neighbour of this.#ready) if (neighbour.dirty.has(key)) return true
    return false
  }

  /** The ids of those for which something may be due. */
  readyIds(): NodeId[] {
    return [...this.#ready].map(({ id }) => id)
  }
}
