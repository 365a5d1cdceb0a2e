import type { Clock, NodeId } from '@astranet/interface'

/** How long a router through which no link came about is tried after the others, in ms. */
export const FAILED_ROUTER_MS = 300_000

/** How many such routers are remembered. */
export const MAX_FAILED_ROUTERS = 64

/**
 * The first routers through which the last link was slow to come about, did not, or died soon. Any member may be a
 * router, and one that accepts tunnels and forwards nothing would otherwise be tried first every time. It decides about
 * the order only.
 */
export class FailedRouters {
  readonly #clock: Clock
  /** When it has failed, in ms of the clock; the one that did so first comes first. */
  readonly #failures = new Map<NodeId, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A link through the router did not come about, was slower than another one, or died soon. */
  add(router: NodeId): void {
    this.#failures.delete(router)
    this.#failures.set(router, this.#clock.now())
    const [first] = this.#failures.keys()
    if (this.#failures.size > MAX_FAILED_ROUTERS && first !== undefined) this.#failures.delete(first)
  }

  /** A link through the router is open that was begun at the time `since`, in ms of the clock. */
  delete(router: NodeId, since: number): void {
    const at = this.#failures.get(router)
    // The link before it is often reported as broken when the dials that were on it have already begun the next one.
    if (at !== undefined && at <= since) this.#failures.delete(router)
  }

  /** In the order of `paths`, but first those whose router has not failed, and last the one that failed last. */
  sorted<Path extends { readonly via: readonly NodeId[] }>(paths: readonly Path[]): Path[] {
    this.#forget()
    const order = [...this.#failures.keys()]
    const rank = ({ via: [first] }: Path): number => (first === undefined ? -1 : order.indexOf(first))
    return [...paths].sort((one, other) => rank(one) - rank(other))
  }

  #forget(): void {
    const now = this.#clock.now()
    for (const [router, at] of this.#failures) {
      if (now - at < FAILED_ROUTER_MS) return
      this.#failures.delete(router)
    }
  }
}
