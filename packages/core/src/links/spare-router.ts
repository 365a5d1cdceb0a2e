import type { Clock, NodeId, Timer } from '@astranet/interface'
import type { Link } from '@astranet/link'
import type { Catalogue } from '@astranet/registry'
import type { LinkRecord } from './link-record.js'
import type { PreferredLinks } from './preferred-links.js'
import { roleOf } from './roles.js'

/** How many routers a node has links to, if it can. */
const WARM_ROUTERS = 2

/**
 * The shortest wait before a node looks for another router, in ms. The wait is at random, up to twice as long, because
 * many nodes may have lost the same router.
 */
const LOOK_AFTER_MS = 1_000

/** How long it waits after it has tried one, in ms; then twice as long each time, up to the second. */
const FIRST_RETRY_MS = 2_000
const MAX_RETRY_MS = 60_000

/** @internal What keeping a second router needs of the node. */
export interface SpareRouterParts {
  readonly clock: Clock
  /** From 0 to less than 1. */
  readonly random: () => number
  readonly catalogue: Pick<Catalogue, 'role' | 'reachable' | 'node'>
  readonly direct: Iterable<readonly [NodeId, Link]> & Pick<PreferredLinks, 'linkTo'>
  readonly recordOf: (link: Link) => Pick<LinkRecord, 'role'> | undefined
  /** Whether the node advertises an address that may be dialed. */
  readonly canDial: (nodeId: NodeId) => boolean
  /** Dials it; what comes of it is a link or nothing. */
  readonly dial: (nodeId: NodeId) => void
  /** Whether one more link leaves a place for a link that the program makes. */
  readonly hasRoom: () => boolean
}

/**
 * Keeps a node linked with two routers: a node that has dialed one learns of others by the catalogue, and dials one of
 * those, chosen at random, so that a router that fails interrupts nothing. None is dialed again before all have been.
 * It never closes a link; when one of the two is lost, another router is chosen. A router keeps no spare: its operator
 * decides which routers are linked. A leaf knows no other routers. One timer while a router is missing.
 */
export class SpareRouter {
  readonly #parts: SpareRouterParts
  #timer: Timer | undefined = undefined
  #retryMs = FIRST_RETRY_MS
  /** Those dialed in vain; no more than the catalogue has routers. */
  #tried: ReadonlySet<NodeId> = new Set()
  #isClosed = false

  constructor(parts: SpareRouterParts) {
    this.#parts = parts
  }

  /** Links or the catalogue have changed. */
  changed(): void {
    if (this.#timer === undefined && this.#isMissing()) this.#lookAfter(LOOK_AFTER_MS)
  }

  /** Looks no more. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** Whether the node has dialed a router, and has a link to this one only. */
  #isMissing(): boolean {
    const { catalogue, direct, recordOf } = this.#parts
    if (this.#isClosed || catalogue.role === 'router') return false
    let routers = 0
    let dialed = 0
    for (const [, link] of direct) {
      if (link.peer === undefined || roleOf(link.peer) !== 'router' || !link.isDialable) continue
      routers += 1
      if (recordOf(link)?.role === 'dialer') dialed += 1
      if (routers >= WARM_ROUTERS) return false
    }
    return dialed > 0
  }

  #lookAfter(delayMs: number): void {
    const { clock, random } = this.#parts
    this.#timer = clock.setTimer(delayMs * (1 + random()), () => this.#look(), { background: true })
  }

  #look(): void {
    this.#timer = undefined
    const { random, dial, hasRoom } = this.#parts
    if (!this.#isMissing()) {
      this.#retryMs = FIRST_RETRY_MS
      this.#tried = new Set()
      return
    }
    const candidates = hasRoom() ? this.#candidates() : []
    const tried = candidates.filter((nodeId) => this.#tried.has(nodeId))
    const isRoundOver = tried.length === candidates.length
    const untried = isRoundOver ? candidates : candidates.filter((nodeId) => !this.#tried.has(nodeId))
    const chosen = untried[Math.floor(random() * untried.length)]
    // Without one, the next change of links or the catalogue starts another search.
    if (chosen === undefined) return
    this.#tried = new Set(isRoundOver ? [chosen] : [...tried, chosen])
    dial(chosen)
    this.#lookAfter(this.#retryMs)
    this.#retryMs = Math.min(2 * this.#retryMs, MAX_RETRY_MS)
  }

  #candidates(): NodeId[] {
    const { catalogue, direct, canDial } = this.#parts
    return [...catalogue.reachable()].filter((nodeId) => {
      if (direct.linkTo(nodeId) !== undefined) return false
      return catalogue.node(nodeId)?.roles.includes('router') === true && canDial(nodeId)
    })
  }
}
