import type { NodeId } from '@astranet/interface'
import type { GraphSignal } from '../graph/graph-signal.js'
import type { Neighbours } from '../sync/neighbours.js'
import type { OwnerLog } from './owner-log.js'
import { checkLinkRecord, keyText, type CatalogueRecord, type LinkRecord } from '../model/record.js'

/** A cost counts anew at the soonest after this time, in ms. */
const LINK_COST_INTERVAL_MS = 10_000

/** A cost counts anew when it differs from the one that counts by this part of it, and by so many ms at least. */
const LINK_COST_CHANGE = 0.25
const LINK_COST_CHANGE_MS = 5

/** The role of a node that forwards for others. */
const ROUTER = 'router'

interface Cost {
  readonly cost: number
  readonly at: number
}

/** What an {@link OwnLinks} works with. */
export interface OwnLinksParts {
  readonly log: OwnerLog
  readonly neighbours: Neighbours
  readonly graph: GraphSignal
}

/**
 * This node's links: what they cost, and what the network hears of that. Every link is published, its cost only between
 * two routers: nobody else's cost is of use to a third node, and with many neighbours each change goes to all of them.
 */
export class OwnLinks {
  readonly #parts: OwnLinksParts
  readonly #costs = new Map<NodeId, Cost>()

  constructor(parts: OwnLinksParts) {
    this.#parts = parts
  }

  /** Takes a measurement, see `Catalogue.publishLink`. */
  measured(neighbour: NodeId, cost: number, now: number): boolean {
    checkLinkRecord(neighbour, cost)
    const { log, neighbours, graph } = this.#parts
    if (neighbours.up(neighbour) === undefined) return false
    const last = this.#costs.get(neighbour)
    if (last === undefined || isChange(last, cost, now)) {
      this.#costs.set(neighbour, { cost, at: now })
      graph.mark()
    }
    const isCostPublic = this.#isRouted(neighbour)
    const record = checkLinkRecord(neighbour, isCostPublic ? this.#costs.get(neighbour)?.cost : undefined)
    return log.refusal(record) === undefined && log.put(record)
  }

  /** The link to `neighbour` as this node knows it, with its cost; `undefined` before it was measured. */
  link(neighbour: NodeId): LinkRecord | undefined {
    const cost = this.#costs.get(neighbour)?.cost
    return cost === undefined ? undefined : checkLinkRecord(neighbour, cost)
  }

  /** The link is gone. */
  down(neighbour: NodeId): void {
    this.#costs.delete(neighbour)
    this.#parts.log.withdraw({ kind: 'link', neighbour })
  }

  #isRouted(neighbour: NodeId): boolean {
    const { log, neighbours } = this.#parts
    const key = { kind: 'node' } as const
    return isRouter(log.record(key)) && isRouter(neighbours.present(neighbour)?.record(keyText(key)))
  }
}

function isChange(last: Cost, cost: number, now: number): boolean {
  if (now - last.at < LINK_COST_INTERVAL_MS) return false
  return Math.abs(cost - last.cost) >= Math.max(last.cost * LINK_COST_CHANGE, LINK_COST_CHANGE_MS)
}

function isRouter(record: CatalogueRecord | undefined): boolean {
  return record?.kind === 'node' && record.roles.includes(ROUTER)
}
