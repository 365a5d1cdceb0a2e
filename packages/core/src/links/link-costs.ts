import type { Clock, NodeId, Timer } from '@astranet/interface'
import type { Link } from '@astranet/link'
import type { Catalogue } from '@astranet/registry'
import type { PreferredLinks } from './preferred-links.js'

/** How often the round trips of links are looked at, in ms. */
const COST_INTERVAL_MS = 10_000

/** What measuring links needs of the node. */
export interface LinkCostsParts {
  readonly catalogue: Catalogue
  readonly preferred: PreferredLinks
  readonly clock: Clock
  /** The catalogue has changed. */
  readonly onChange: () => void
}

/** Publishes in the catalogue what the links to neighbours cost: their round trips. */
export class LinkCosts {
  readonly #parts: LinkCostsParts
  #timer: Timer | undefined = undefined
  #isClosed = false

  constructor(parts: LinkCostsParts) {
    this.#parts = parts
  }

  /** Measures a link that is preferred from now on, and then at every interval as long as there are links. */
  add(nodeId: NodeId, link: Link): void {
    this.#watch()
    link.ping().then(
      (rttMs) => this.#publish(nodeId, rttMs),
      // The link ended before it was measured.
      () => undefined,
    )
  }

  /** Stops the timer. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #watch(): void {
    if (this.#isClosed) return
    this.#timer ??= this.#parts.clock.setTimer(COST_INTERVAL_MS, () => this.#lookAtAll(), {
      background: true,
    })
  }

  #lookAtAll(): void {
    this.#timer = undefined
    let hasLinks = false
    for (const [nodeId, link] of this.#parts.preferred) {
      hasLinks = true
      const rttMs = link.session?.rttMs
      if (rttMs !== undefined) this.#publish(nodeId, rttMs)
    }
    if (hasLinks) this.#watch()
  }

  #publish(nodeId: NodeId, rttMs: number): void {
    const { catalogue, clock, onChange } = this.#parts
    if (catalogue.publishLink(nodeId, rttMs, clock.now())) onChange()
  }
}
