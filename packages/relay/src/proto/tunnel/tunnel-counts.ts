import type { NodeId } from '@astranet/interface'
import { RefusalReason } from '@astranet/link'
import type { TunnelRefusal } from './hop.js'
import type { ResolvedTunnelLimits } from './tunnel-limits.js'

/** How many tunnels there are, of each source and together. */
export class TunnelCounts {
  readonly #limits: ResolvedTunnelLimits
  readonly #perSource = new Map<NodeId, number>()
  #total = 0

  constructor(limits: ResolvedTunnelLimits) {
    this.#limits = limits
  }

  get total(): number {
    return this.#total
  }

  /** Counts a tunnel, or returns why there may not be one more. */
  take(source: NodeId): TunnelRefusal | undefined {
    const { maxTunnels, maxTunnelsPerNode } = this.#limits
    const count = this.#perSource.get(source) ?? 0
    if (count >= maxTunnelsPerNode)
      return quota(`the node has the most tunnels that it may have here, ${maxTunnelsPerNode}`)
    if (this.#total >= maxTunnels)
      return quota(`this router has the most tunnels that it may have, ${maxTunnels}`)
    this.#perSource.set(source, count + 1)
    this.#total += 1
    return undefined
  }

  /** A tunnel that was counted has ended. */
  release(source: NodeId): void {
    const count = this.#perSource.get(source) ?? 0
    this.#total -= 1
    if (count <= 1) this.#perSource.delete(source)
    else this.#perSource.set(source, count - 1)
  }
}

function quota(text: string): TunnelRefusal {
  return { reason: RefusalReason.QUOTA, text }
}
