import type { NodeId } from '@astranet/interface'
import { checkNodeRecord, checkServiceKey, checkServiceRecord } from '../model/check-record.js'
import type { CatalogueRole, ServiceName, ServiceOptions } from '../model/catalogue-options.js'
import { MAX_NODE_ROUTERS } from '../model/limits.js'
import type { RecordChange } from './delta-result.js'
import type { OwnLog } from './own-log.js'

/** What {@link OwnRecords} work with. */
export interface OwnRecordsParts {
  readonly self: NodeId
  readonly log: OwnLog
  /** Services have changed; the changes are not sealed yet. */
  readonly onServices: (changes: readonly RecordChange[]) => void
}

/** What this node publishes about itself and its services: checked, and written to its log. */
export class OwnRecords {
  readonly #parts: OwnRecordsParts
  readonly #routers = new Set<NodeId>()
  #role: CatalogueRole = 'node'
  #roles: readonly string[] = []
  #addresses: readonly string[] = []
  #hasLeft = false

  constructor(parts: OwnRecordsParts) {
    this.#parts = parts
  }

  /** Whether this node has left the network. */
  get hasLeft(): boolean {
    return this.#hasLeft
  }

  /** What this node does for the network; part of its roles. */
  setRole(role: CatalogueRole): void {
    this.#role = role
    this.#putNode()
  }

  /** See `Catalogue.publishService`. */
  publishService(options: ServiceOptions): boolean {
    this.#checkPresent()
    const { self, log, onServices } = this.#parts
    const { environment = '', tags = [], weight = 1, zone = '', version = '', health = 'passing' } = options
    const key = checkServiceKey(environment, options.name, options.port)
    const record = checkServiceRecord(self, key, { tags, weight, zone, version, health })
    const before = log.record(key)
    if (!log.put(record)) return false
    onServices([{ before, now: record }])
    return true
  }

  /** See `Catalogue.withdrawService`. */
  withdrawService(name: ServiceName): boolean {
    const { log, onServices } = this.#parts
    const { environment = '' } = name
    const key = checkServiceKey(environment, name.name, name.port)
    const before = log.record(key)
    if (before === undefined || !log.withdraw(key)) return false
    onServices([{ before, now: undefined }])
    return true
  }

  /** See `Catalogue.setNode`. */
  setNode(roles: readonly string[], addresses: readonly string[]): boolean {
    this.#checkPresent()
    // The role of this node is what it does, whatever else is said.
    const others = roles.filter((role) => role !== 'router' && role !== 'leaf')
    checkNodeRecord({ roles: others, addresses, routers: [] })
    this.#roles = [...others]
    this.#addresses = [...addresses]
    return this.#putNode()
  }

  /** There is a link to a router, or not any more. A router publishes its links instead. */
  setRouter(router: NodeId, isLinked: boolean): void {
    if (isLinked) this.#routers.add(router)
    else if (!this.#routers.delete(router)) return
    this.#putNode()
  }

  /** Withdraws everything, for good. */
  leave(): void {
    this.#hasLeft = true
    const { log, onServices } = this.#parts
    const changes: RecordChange[] = []
    for (const record of log.records()) {
      log.withdraw(record)
      if (record.kind === 'service') changes.push({ before: record, now: undefined })
    }
    onServices(changes)
  }

  #putNode(): boolean {
    if (this.#hasLeft) return false
    const role = this.#role === 'node' ? [] : [this.#role]
    const routers = this.#role === 'router' ? [] : [...this.#routers].slice(0, MAX_NODE_ROUTERS)
    const record = checkNodeRecord({ roles: [...role, ...this.#roles], addresses: this.#addresses, routers })
    return this.#parts.log.put(record)
  }

  #checkPresent(): void {
    if (this.#hasLeft) throw new Error('this node has left the network')
  }
}
