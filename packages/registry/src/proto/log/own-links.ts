import type { NodeId } from '@astranet/interface'
import { checkInteger, checkNumber } from '@astranet/interface/check'
import { checkLinkRecord } from '../model/check-record.js'
import { MAX_LINK_COST_MS } from '../model/limits.js'
import type { LinkRecord } from '../model/record.js'
import type { OwnLog } from './own-log.js'

/** A link's cost is updated at most once in this time, in ms. */
const LINK_COST_INTERVAL_MS = 10_000

/**
 * A link's cost is updated when it differs from the present one by this fraction of it, and by this many ms at least.
 */
const LINK_COST_CHANGE = 0.25
const LINK_COST_CHANGE_MS = 5

/** A link of this node. */
interface OwnLink {
  readonly incarnation: number
  readonly isRouter: boolean
  /** Whether all that the neighbour offered is known: only then is the link published. */
  isCurrent: boolean
  costMs: number | undefined
  measuredAt: number
}

/**
 * This node's links: what they cost, and what a router publishes of them. The cost is published between two routers
 * only: other costs are of no use to a third node. A link is published when the exchange over it is complete, so that
 * nobody reaches the far side by it before what is new there has gone ahead.
 */
export class OwnLinks {
  readonly #links = new Map<NodeId, OwnLink>()
  readonly #log: OwnLog
  /** Whether this node publishes its links. */
  #isRouter = false

  constructor(log: OwnLog) {
    this.#log = log
  }

  setRouter(isRouter: boolean): void {
    this.#isRouter = isRouter
  }

  /** There is a link to `neighbour` in its life `incarnation`. */
  up(neighbour: NodeId, facts: { readonly incarnation: number; readonly isRouter: boolean }): void {
    const before = this.#links.get(neighbour)
    const { costMs, measuredAt } = before ?? { costMs: undefined, measuredAt: 0 }
    const { incarnation, isRouter } = facts
    const isCurrent = before?.isCurrent === true && before.incarnation === incarnation
    this.#links.set(neighbour, { incarnation, isRouter, isCurrent, costMs, measuredAt })
    if (!isCurrent) this.#log.withdraw({ kind: 'link', neighbour })
  }

  /** All that the neighbour offered is known. */
  current(neighbour: NodeId): void {
    const link = this.#links.get(neighbour)
    if (link === undefined) return
    link.isCurrent = true
    this.#publish(neighbour, link)
  }

  /** The link is gone. */
  down(neighbour: NodeId): void {
    this.#links.delete(neighbour)
    this.#log.withdraw({ kind: 'link', neighbour })
  }

  /** Takes a measurement, see `Catalogue.publishLink`. Returns whether it changed the cost. */
  measured(neighbour: NodeId, costMs: number, now: number): boolean {
    checkNumber('cost', costMs, { min: 0, max: MAX_LINK_COST_MS })
    checkInteger('now', Math.floor(now), { min: 0, max: Number.MAX_SAFE_INTEGER })
    const link = this.#links.get(neighbour)
    if (link === undefined || !isChange(link, costMs, now)) return false
    link.costMs = costMs
    link.measuredAt = now
    this.#publish(neighbour, link)
    return true
  }

  /** The link to `neighbour` as this node knows it; `undefined` when there is none, or before it was measured. */
  link(neighbour: NodeId): LinkRecord | undefined {
    const link = this.#links.get(neighbour)
    return link?.costMs === undefined ? undefined : checkLinkRecord(neighbour, link.incarnation, link.costMs)
  }

  /** What the link costs, in ms; `undefined` before it was measured. */
  costMs(neighbour: NodeId): number | undefined {
    return this.#links.get(neighbour)?.costMs
  }

  #publish(neighbour: NodeId, { incarnation, isRouter, isCurrent, costMs }: OwnLink): void {
    if (!this.#isRouter || !isCurrent) return
    const record = checkLinkRecord(neighbour, incarnation, isRouter ? costMs : undefined)
    // A router with more links than fit into its log still has them, but nobody finds the way over the others.
    if (this.#log.refusal(record) === undefined) this.#log.put(record)
  }
}

function isChange(link: OwnLink, costMs: number, now: number): boolean {
  if (link.costMs === undefined) return true
  if (now - link.measuredAt < LINK_COST_INTERVAL_MS) return false
  return Math.abs(costMs - link.costMs) >= Math.max(link.costMs * LINK_COST_CHANGE, LINK_COST_CHANGE_MS)
}
