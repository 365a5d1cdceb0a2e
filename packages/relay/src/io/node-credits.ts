import type { Clock, NodeId } from '@astranet/interface'
import { PacedCredit } from './paced-credit.js'

interface SharedCredit {
  readonly credit: PacedCredit
  /** Tunnels that share it. */
  users: number
}

/** What each node may send over its tunnels. Nothing is kept for nodes without one, nor where there is no limit. */
export class NodeCredits {
  readonly #clock: Clock
  readonly #bytesPerSecond: number
  readonly #shared = new Map<NodeId, SharedCredit>()

  /** `bytesPerSecond`: `Infinity` for no limit. */
  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock
    this.#bytesPerSecond = bytesPerSecond
  }

  /** The node has one more tunnel. Returns what they share; `undefined`: there is no limit. */
  join(nodeId: NodeId): PacedCredit | undefined {
    if (this.#bytesPerSecond === Infinity) return undefined
    let shared = this.#shared.get(nodeId)
    if (shared === undefined) {
      shared = { credit: new PacedCredit(this.#clock, this.#bytesPerSecond), users: 0 }
      this.#shared.set(nodeId, shared)
    }
    shared.users += 1
    return shared.credit
  }

  /** The node has one tunnel less. */
  leave(nodeId: NodeId): void {
    const shared = this.#shared.get(nodeId)
    if (shared === undefined) return
    shared.users -= 1
    if (shared.users === 0) this.#shared.delete(nodeId)
  }
}
