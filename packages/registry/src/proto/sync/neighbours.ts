import type { NodeId } from '@astranet/interface'
import { KeptRations } from './kept-rations.js'
import type { Neighbour } from './neighbour.js'
import { MAX_REMEMBERED_RATIONS } from './sync-limits.js'

/** The neighbours that are up, those for which something is due, and what is remembered of those that were up. */
export class Neighbours {
  readonly #byId = new Map<NodeId, Neighbour>()
  readonly #full = new Set<Neighbour>()
  readonly #routers = new Set<Neighbour>()
  readonly #ready = new Set<Neighbour>()
  /** Those of neighbours that are down, oldest first. */
  readonly #rations = new Map<NodeId, KeptRations>()

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

  /** What is left to a neighbour of what it may cost, also over its next links. */
  rationsOf(id: NodeId): KeptRations {
    const rations = this.#rations.get(id) ?? new KeptRations()
    this.#rations.delete(id)
    return rations
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
    if (neighbour.rations.isUsed(now)) this.#rations.set(neighbour.id, neighbour.rations)
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
