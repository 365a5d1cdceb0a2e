import type { NodeId } from '@astranet/interface'
import type { ServiceName, ServiceOptions } from '../model/catalogue-options.js'
import type { GraphSignal } from '../graph/graph-signal.js'
import { checkNodeRecord, checkServiceKey, checkServiceRecord } from '../model/record.js'
import type { ServiceIndex } from '../view/service-index.js'
import type { OwnerLog } from './owner-log.js'

/** What {@link OwnRecords} work with. */
export interface OwnRecordsParts {
  readonly self: NodeId
  readonly log: OwnerLog
  readonly index: ServiceIndex
  readonly graph: GraphSignal
}

/**
 * What this node publishes about itself and its services: checked, written to its log, and visible to its own readers.
 */
export class OwnRecords {
  readonly #parts: OwnRecordsParts

  constructor(parts: OwnRecordsParts) {
    this.#parts = parts
  }

  /** See `Catalogue.publishService`. */
  publishService(options: ServiceOptions): boolean {
    const { self, log, index } = this.#parts
    const key = checkServiceKey(options.environment ?? '', options.name, options.port)
    const record = checkServiceRecord(key, options.tags ?? [], options.weight ?? 1)
    if (!log.put(record)) return false
    index.add(self, record)
    return true
  }

  /** See `Catalogue.withdrawService`. */
  withdrawService(name: ServiceName): boolean {
    const { self, log, index } = this.#parts
    const key = checkServiceKey(name.environment ?? '', name.name, name.port)
    const record = log.record(key)
    if (record?.kind !== 'service') return false
    log.withdraw(key)
    index.remove(self, record)
    return true
  }

  /** See `Catalogue.setNode`. */
  setNode(roles: readonly string[], addresses: readonly string[]): boolean {
    const isChanged = this.#parts.log.put(checkNodeRecord(roles, addresses))
    if (isChanged) this.#parts.graph.mark()
    return isChanged
  }
}
