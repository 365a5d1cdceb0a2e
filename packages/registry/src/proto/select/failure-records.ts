import type { NodeId } from '@astranet/interface'
import type { ServiceInstance } from '../view/service-instance.js'

/** The most instances whose failures are remembered. At the limit the one that failed longest ago is forgotten. */
export const MAX_FAILURE_RECORDS = 4_096

/** What is remembered of an instance that failed. */
export interface FailureRecord {
  readonly instance: ServiceInstance
  /** Failures since the last success or ejection. */
  failures: number
  /** When it failed last, in ms. */
  failedAt: number
  /** How many times the base its last ejection took; 0 when there was none. */
  level: number
  /** When its last ejection ends or ended, in ms; `-Infinity` when there was none. */
  endsAt: number
}

/** Failures by instance, in the order of the last failure. */
export class FailureRecords {
  /** By node, for that is looked up without making a text of the whole place. */
  readonly #byNode = new Map<NodeId, FailureRecord[]>()
  readonly #byTime = new Set<FailureRecord>()

  get size(): number {
    return this.#byTime.size
  }

  /** What is remembered of an instance, if anything is. */
  find(instance: ServiceInstance): FailureRecord | undefined {
    return this.#byNode.get(instance.nodeId)?.find((each) => isSamePlace(each.instance, instance))
  }

  /** The record of an instance that failed now, made if need be. It counts as the latest. */
  latest(instance: ServiceInstance): FailureRecord {
    const record = this.find(instance) ?? this.#add(instance)
    this.#byTime.delete(record)
    this.#byTime.add(record)
    return record
  }

  delete(record: FailureRecord): void {
    if (!this.#byTime.delete(record)) return
    const { nodeId } = record.instance
    const others = (this.#byNode.get(nodeId) ?? []).filter((each) => each !== record)
    if (others.length > 0) this.#byNode.set(nodeId, others)
    else this.#byNode.delete(nodeId)
  }

  /** Deletes the longest unchanged ones for which `isOver` holds, up to the first for which it does not. */
  deleteOldest(isOver: (record: FailureRecord) => boolean): void {
    for (const record of this.#byTime) {
      if (!isOver(record)) return
      this.delete(record)
    }
  }

  #add(instance: ServiceInstance): FailureRecord {
    if (this.#byTime.size >= MAX_FAILURE_RECORDS) {
      const [oldest] = this.#byTime
      if (oldest !== undefined) this.delete(oldest)
    }
    const record = { instance, failures: 0, failedAt: 0, level: 0, endsAt: -Infinity }
    const others = this.#byNode.get(instance.nodeId)
    if (others === undefined) this.#byNode.set(instance.nodeId, [record])
    else others.push(record)
    return record
  }
}

function isSamePlace(a: ServiceInstance, b: ServiceInstance): boolean {
  return a.port === b.port && a.name === b.name && a.environment === b.environment
}
