import type { NodeId } from '@astranet/interface'
import { Process } from './process.js'
import type { World } from './world.js'

/** Processes by their ids. */
export type Reached = ReadonlyMap<NodeId, Process>

/**
 * Which processes can reach which over the links that are up at this moment. Routers that reach each other reach the
 * same, so that is found once for all of them.
 */
export class Reach {
  readonly #byRouter = new Map<Process, Reached>()
  readonly #services = new Map<Reached, number>()
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  /** What a process can reach over `firstHops`: itself, them, and what is behind routers. */
  of(process: Process, firstHops: readonly Process[] = neighboursOf(process)): Reached {
    if (process.catalogue.role === 'router') return this.#behind(process)
    const [first, ...others] = firstHops
    const isOneRouter = first?.catalogue.role === 'router' && others.length === 0
    if (isOneRouter && this.#behind(first).has(process.nodeId)) return this.#behind(first)
    const reached = new Map([[process.nodeId, process]])
    for (const hop of firstHops) {
      if (hop.catalogue.role === 'router') for (const [id, each] of this.#behind(hop)) reached.set(id, each)
      else reached.set(hop.nodeId, hop)
    }
    return reached
  }

  /** How many services the reached processes offer. */
  servicesOf(reached: Reached): number {
    let count = this.#services.get(reached)
    if (count === undefined) {
      count = 0
      for (const { nodeId, life } of reached.values()) count += this.#world.ledger.count(nodeId, life)
      this.#services.set(reached, count)
    }
    return count
  }

  /** A router with all that it reaches. */
  #behind(router: Process): Reached {
    const known = this.#byRouter.get(router)
    if (known !== undefined) return known
    const reached = new Map([[router.nodeId, router]])
    const routers = [router]
    for (const next of routers) {
      this.#byRouter.set(next, reached)
      for (const each of neighboursOf(next)) {
        if (reached.has(each.nodeId)) continue
        reached.set(each.nodeId, each)
        if (each.catalogue.role === 'router') routers.push(each)
      }
    }
    return reached
  }
}

/** The honest processes at the other ends of links that are up. */
export function neighboursOf(process: Process): Process[] {
  const found: Process[] = []
  for (const end of process.links.values()) {
    const { owner } = end.peer
    if (end.link.isUp && owner instanceof Process && owner.isAlive && !owner.isHostile) found.push(owner)
  }
  return found
}
