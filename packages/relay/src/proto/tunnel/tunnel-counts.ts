import { RefusalReason } from '@astranet/link'
import type { Account } from './account.js'
import type { TunnelRefusal } from './hop.js'
import { maxTunnelsPerRouter, type ResolvedTunnelLimits } from './tunnel-limits.js'

/** How many tunnels there are: of each source, through each router before this one, and together. */
export class TunnelCounts {
  readonly #limits: ResolvedTunnelLimits
  readonly #perSource = new Map<unknown, number>()
  readonly #perRouter = new Map<unknown, number>()
  #total = 0

  constructor(limits: ResolvedTunnelLimits) {
    this.#limits = limits
  }

  /** Counts a tunnel, or returns why there may not be one more. */
  take({ key, neighbour, isVouchedFor }: Account): TunnelRefusal | undefined {
    const { maxTunnels, maxTunnelsPerNode } = this.#limits
    if (countOf(this.#perSource, key) >= maxTunnelsPerNode)
      return quota(`the node has the most tunnels that it may have here, ${maxTunnelsPerNode}`)
    const perRouter = maxTunnelsPerRouter(this.#limits)
    if (isVouchedFor && countOf(this.#perRouter, neighbour) >= perRouter)
      return quota(`the router before this one has the most tunnels that it may pass on here, ${perRouter}`)
    if (this.#total >= maxTunnels)
      return quota(`this router has the most tunnels that it may have, ${maxTunnels}`)
    change(this.#perSource, key, 1)
    if (isVouchedFor) change(this.#perRouter, neighbour, 1)
    this.#total += 1
    return undefined
  }

  /** A tunnel that was counted has ended. */
  release({ key, neighbour, isVouchedFor }: Account): void {
    change(this.#perSource, key, -1)
    if (isVouchedFor) change(this.#perRouter, neighbour, -1)
    this.#total -= 1
  }
}

function countOf(counts: ReadonlyMap<unknown, number>, key: unknown): number {
  return counts.get(key) ?? 0
}

/** Nothing is kept where there are none. */
function change(counts: Map<unknown, number>, key: unknown, by: number): void {
  const count = countOf(counts, key) + by
  if (count === 0) counts.delete(key)
  else counts.set(key, count)
}

function quota(text: string): TunnelRefusal {
  return { reason: RefusalReason.QUOTA, text }
}
