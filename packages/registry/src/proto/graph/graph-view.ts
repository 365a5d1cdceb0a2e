import type { NodeId } from '@astranet/interface'
import type { OwnLinks } from '../log/own-links.js'
import type { OwnerLog } from '../log/owner-log.js'
import {
  keyText,
  type CatalogueRecord,
  type LinkRecord,
  type NodeRecord,
  type RecordKey,
} from '../model/record.js'
import type { Neighbours } from '../sync/neighbours.js'

/** What a {@link GraphView} reads. */
export interface GraphViewParts {
  readonly self: NodeId
  readonly log: OwnerLog
  readonly ownLinks: OwnLinks
  readonly neighbours: Neighbours
}

/** The nodes and links that are known now: this node's own records, and those of neighbours that are current. */
export class GraphView {
  readonly #parts: GraphViewParts

  constructor(parts: GraphViewParts) {
    this.#parts = parts
  }

  /** See `Catalogue.node`. */
  node(nodeId: NodeId): NodeRecord | undefined {
    const record = this.#record(nodeId, { kind: 'node' })
    return record?.kind === 'node' ? record : undefined
  }

  /** See `Catalogue.link`. */
  link(from: NodeId, to: NodeId): LinkRecord | undefined {
    if (from === this.#parts.self) return this.#parts.ownLinks.link(to)
    const record = this.#record(from, { kind: 'link', neighbour: to })
    return record?.kind === 'link' ? record : undefined
  }

  #record(owner: NodeId, key: RecordKey): CatalogueRecord | undefined {
    const { self, log, neighbours } = this.#parts
    if (owner === self) return log.record(key)
    return neighbours.current(owner)?.record(keyText(key))
  }
}
