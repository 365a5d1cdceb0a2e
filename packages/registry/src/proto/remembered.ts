import type { NodeId } from '@astranet/interface'
import type { CatalogueLimits } from './limits.js'

interface Down {
  readonly since: number
  readonly bytes: number
}

/** Which neighbours are down, since when, and which of them are to be forgotten. Time is an argument; no timer runs. */
export class Remembered {
  readonly #limits: CatalogueLimits
  /** Longest down first, since each is put at the end when it goes down. */
  readonly #down = new Map<NodeId, Down>()
  #bytes = 0

  constructor(limits: CatalogueLimits) {
    this.#limits = limits
  }

  /** Notes that `nodeId`, whose entries have so many bytes, went down at `now` (ms). */
  add(nodeId: NodeId, { bytes, now }: { readonly bytes: number; readonly now: number }): void {
    this.delete(nodeId)
    this.#down.set(nodeId, { since: now, bytes })
    this.#bytes += bytes
  }

  /** Notes that `nodeId` is up again, or forgotten. */
  delete(nodeId: NodeId): void {
    this.#bytes -= this.#down.get(nodeId)?.bytes ?? 0
    this.#down.delete(nodeId)
  }

  /** Takes out those that have been down too long at `now` (ms), or that are too many or too large together. */
  takeForgotten(now: number): NodeId[] {
    const { forgetAfterMs, maxRemembered, maxRememberedBytes } = this.#limits
    const forgotten: NodeId[] = []
    for (const [nodeId, { since }] of this.#down) {
      const hasRoom = this.#down.size <= maxRemembered && this.#bytes <= maxRememberedBytes
      if (hasRoom && now - since < forgetAfterMs) break
      this.delete(nodeId)
      forgotten.push(nodeId)
    }
    return forgotten
  }
}
