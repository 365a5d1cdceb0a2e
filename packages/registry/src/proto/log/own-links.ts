import type { NodeId } from '@astranet/interface'
import type { GraphSignal } from '../graph/graph-signal.js'
import { checkLinkRecord, keyText, type CatalogueRecord, type LinkRecord } from '../model/record.js'
import type { OwnerLog } from './owner-log.js'

/** A link's cost is updated at most once in this time, in ms. */
const LINK_COST_INTERVAL_MS = 10_000

/**
 * A link's cost is updated when it differs from the present one by this fraction of it, and by this many ms at least.
 */
const LINK_COST_CHANGE = 0.25
const LINK_COST_CHANGE_MS = 5

/** The role of a node that forwards for others. */
const ROUTER = 'router'

interface Cost {
  readonly cost: number
  readonly at: number
}

/** The neighbours as {@link OwnLinks} see them. */
export interface NeighbourRecords {
  isUp(nodeId: NodeId): boolean
  /** The neighbour's records, if they are current. */
  current(nodeId: NodeId): { record(keyText: string): CatalogueRecord | undefined } | undefined
}

/** What {@link OwnLinks} work with. */
export interface OwnLinksParts {
  readonly log: OwnerLog
  readonly neighbours: NeighbourRecords
  readonly graph: GraphSignal
}

/**
 * This node's links: what they cost, and what is published of that. Every link is published, its cost only between two
 * routers: other costs are of no use to a third node, and with many neighbours each change goes to all of them.
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
    if (!neighbours.isUp(neighbour)) return false
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
    return isRouter(log.record(key)) && isRouter(neighbours.current(neighbour)?.record(keyText(key)))
  }
}

function isChange(last: Cost, cost: number, now: number): boolean {
  if (now - last.at < LINK_COST_INTERVAL_MS) return false
  return Math.abs(cost - last.cost) >= Math.max(last.cost * LINK_COST_CHANGE, LINK_COST_CHANGE_MS)
}

function isRouter(record: CatalogueRecord | undefined): boolean {
  return record?.kind === 'node' && record.roles.includes(ROUTER)
}
