import type { Clock, NodeId, Timer } from '@astranet/interface'
import type { Link } from '@astranet/link'
import type { Catalogue } from '@astranet/registry'
import type { PreferredLinks } from './preferred-links.js'

/** How often the round trips of links are looked at, in ms. */
const COST_INTERVAL_MS = 10_000

/** How many links are looked at before other work has its turn: 0.1 to 1 ms. */
const LINKS_PER_TURN = 100

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
    const look = (): void => {
      this.#timer = undefined
      this.#lookAt(this.#parts.preferred[Symbol.iterator]())
    }
    this.#timer ??= this.#parts.clock.setTimer(COST_INTERVAL_MS, look, { background: true })
  }

  /** Looks at the next links. Those that come or go meanwhile are looked at or not. */
  #lookAt(links: Iterator<[NodeId, Link]>): void {
    if (this.#isClosed) return
    // As long as there are links.
    let next = links.next()
    if (next.done !== true) this.#watch()
    for (let count = 1; next.done !== true; next = links.next()) {
      const [nodeId, link] = next.value
      const rttMs = link.session?.rttMs
      if (rttMs !== undefined) this.#publish(nodeId, rttMs)
      if (count++ < LINKS_PER_TURN) continue
      this.#parts.clock.defer(() => this.#lookAt(links))
      return
    }
  }

  #publish(nodeId: NodeId, rttMs: number): void {
    const { catalogue, clock, onChange } = this.#parts
    if (catalogue.publishLink(nodeId, rttMs, clock.now())) onChange()
  }
}
