import { tunnelShare, type ResolvedTunnelLimits } from './tunnel-limits.js'

/** A tunnel that is told how many bytes it may have here in a direction. */
export interface Sharer {
  limit(maxBytes: number): void
}

/** The tunnels of one neighbour. */
interface Group<T> {
  readonly tunnels: Set<T>
  readonly size: StepCount
  /** What each of them may have. */
  share: number
}

/**
 * Shares out the bytes that tunnels may have here: the same for each neighbour that has opened one, and of that the
 * same for each of its tunnels. So a neighbour with very many tunnels leaves as much to another one as a neighbour with
 * a single tunnel would.
 */
export class TunnelShares<T extends Sharer> {
  readonly #limits: ResolvedTunnelLimits
  readonly #groups = new Map<unknown, Group<T>>()
  readonly #neighbours = new StepCount()

  constructor(limits: ResolvedTunnelLimits) {
    this.#limits = limits
  }

  /** A tunnel that came in on the link to `neighbour`. Its limit is set before this returns. */
  add(neighbour: unknown, tunnel: T): void {
    const group = this.#groups.get(neighbour) ?? { tunnels: new Set<T>(), size: new StepCount(), share: 0 }
    this.#groups.set(neighbour, group)
    group.size.update(group.tunnels.size + 1)
    // Those that are there are limited first: together they never may have more than the total.
    this.#countNeighbours()
    this.#limit(group)
    group.tunnels.add(tunnel)
    tunnel.limit(group.share)
  }

  /** A tunnel that was added has ended. */
  delete(neighbour: unknown, tunnel: T): void {
    const group = this.#groups.get(neighbour)
    if (group === undefined) return
    group.tunnels.delete(tunnel)
    group.size.update(group.tunnels.size)
    if (group.tunnels.size === 0) this.#groups.delete(neighbour)
    else this.#limit(group)
    this.#countNeighbours()
  }

  #countNeighbours(): void {
    if (!this.#neighbours.update(this.#groups.size)) return
    for (const group of this.#groups.values()) this.#limit(group)
  }

  #limit(group: Group<T>): void {
    const share = tunnelShare(this.#limits, { neighbours: this.#neighbours.step, tunnels: group.size.step })
    if (share === group.share) return
    group.share = share
    for (const tunnel of group.tunnels) tunnel.limit(share)
  }
}

/**
 * A count as a power of two, at least the count. It rises at once, and falls when the count is a quarter of it: so what
 * depends on it changes rarely while a few come and go.
 */
class StepCount {
  step = 1

  /** Returns whether the step has changed. */
  update(count: number): boolean {
    const wanted = 2 ** Math.ceil(Math.log2(Math.max(1, count)))
    if (wanted <= this.step && wanted > this.step / 4) return false
    this.step = wanted
    return true
  }
}
