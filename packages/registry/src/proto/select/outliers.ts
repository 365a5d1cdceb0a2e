import { checkInteger, checkNumber, checkOptions, type OptionNames } from '@astranet/interface/check'
import type { ServiceInstance } from '../view/service-instance.js'
import { FailureRecords, type FailureRecord } from './failure-records.js'

/** A day: longer ejections than that make no sense. */
const MAX_EJECTION_MS = 86_400_000

/** How instances that fail are avoided. Each is optional. */
export interface OutlierOptions {
  /** After this many failures without a success between them an instance is ejected. 1 to 1,000; default 5. */
  readonly consecutiveFailures?: number
  /** How long the first ejection lasts, in ms. 1 to 86,400,000; default 30,000. The n-th lasts n times as long. */
  readonly baseEjectionMs?: number
  /** The longest ejection, in ms. `baseEjectionMs` to 86,400,000; default 300,000, or `baseEjectionMs` if that is more. */
  readonly maxEjectionMs?: number
  /**
   * The most of the instances of one choice that are left out, as a share from 0 (ejects nothing) to 1; default 0.5.
   * One instance always stays.
   */
  readonly maxEjectedShare?: number
}

const NAMES: OptionNames<OutlierOptions> = {
  consecutiveFailures: true,
  baseEjectionMs: true,
  maxEjectionMs: true,
  maxEjectedShare: true,
}

/**
 * Leaves out instances that fail again and again, for a while, as Envoy's outlier detection does by consecutive
 * failures. It goes by what this node has seen itself, and by the times that it is given (in ms, any origin).
 *
 * An ejection always ends. Each ejection is longer than the one before it, and each `baseEjectionMs` without a further
 * one shortens the next again. What failed longer ago than `maxEjectionMs` no longer counts. It remembers at most
 * 4,096 instances (`MAX_FAILURE_RECORDS`), about 200 bytes each, and has no timers.
 */
export class Outliers {
  readonly #consecutiveFailures: number
  readonly #baseMs: number
  readonly #maxMs: number
  readonly #maxShare: number
  readonly #records: FailureRecords = new FailureRecords()
  /** When the last of all ejections ends: from then on there is nothing to leave out. */
  #lastEnd = -Infinity

  /** Throws a `TypeError` or `RangeError` that names the option that is wrong or not known. */
  constructor(options: OutlierOptions = {}) {
    checkOptions('options', options, NAMES)
    const { consecutiveFailures = 5, baseEjectionMs = 30_000, maxEjectedShare = 0.5 } = options
    this.#consecutiveFailures = checkInteger('consecutiveFailures', consecutiveFailures, {
      min: 1,
      max: 1_000,
    })
    this.#baseMs = checkNumber('baseEjectionMs', baseEjectionMs, { min: 1, max: MAX_EJECTION_MS })
    const { maxEjectionMs = Math.max(300_000, baseEjectionMs) } = options
    this.#maxMs = checkNumber('maxEjectionMs', maxEjectionMs, { min: baseEjectionMs, max: MAX_EJECTION_MS })
    this.#maxShare = checkNumber('maxEjectedShare', maxEjectedShare, { min: 0, max: 1 })
  }

  /** How many instances are remembered because they failed. */
  get size(): number {
    return this.#records.size
  }

  /**
   * A dial to `instance` failed. Returns for how long (ms) the instance is ejected because of that, 0 when it is not. A
   * failure during an ejection does not count: it may be of a dial that began before.
   */
  failed(instance: ServiceInstance, now: number): number {
    this.#records.deleteOldest((each) => this.#isOver(each, now))
    const record = this.#records.latest(instance)
    if (now < record.endsAt) return 0
    record.failures = now - record.failedAt > this.#maxMs ? 1 : record.failures + 1
    record.failedAt = now
    return record.failures < this.#consecutiveFailures ? 0 : this.#eject(record, now)
  }

  /** A dial to `instance` succeeded. An ejection lasts all the same: the dial may have begun before. */
  succeeded(instance: ServiceInstance, now: number): void {
    if (this.#records.size === 0) return
    const record = this.#records.find(instance)
    if (record === undefined) return
    record.failures = 0
    if (this.#levelAt(record, now) === 0) this.#records.delete(record)
  }

  /**
   * The instances without those that are ejected at `now`, but never fewer than `maxEjectedShare` allows: if too many
   * are ejected, those return first whose ejection ends first. The list itself when nothing is left out.
   */
  filter(instances: readonly ServiceInstance[], now: number): readonly ServiceInstance[] {
    if (now >= this.#lastEnd) return instances
    const most = Math.min(Math.floor(instances.length * this.#maxShare), instances.length - 1)
    if (most < 1) return instances
    const ejected = instances.filter((each) => this.ejectedUntil(each, now) !== undefined)
    if (ejected.length === 0) return instances
    const endOf = (instance: ServiceInstance): number => this.#records.find(instance)?.endsAt ?? now
    if (ejected.length > most) ejected.sort((a, b) => endOf(b) - endOf(a))
    const out = new Set(ejected.slice(0, most))
    return instances.filter((each) => !out.has(each))
  }

  /** When the ejection of an instance ends (ms), or `undefined` when it is not ejected at `now`. */
  ejectedUntil(instance: ServiceInstance, now: number): number | undefined {
    const endsAt = this.#records.find(instance)?.endsAt
    return endsAt !== undefined && now < endsAt ? endsAt : undefined
  }

  #eject(record: FailureRecord, now: number): number {
    const lastLevel = Math.ceil(this.#maxMs / this.#baseMs)
    record.level = Math.min(this.#levelAt(record, now) + 1, lastLevel)
    record.failures = 0
    const lengthMs = Math.min(record.level * this.#baseMs, this.#maxMs)
    record.endsAt = now + lengthMs
    this.#lastEnd = Math.max(this.#lastEnd, record.endsAt)
    return lengthMs
  }

  /** The level from which the next ejection counts on: one less for each `baseEjectionMs` since the last one ended. */
  #levelAt({ level, endsAt }: FailureRecord, now: number): number {
    return level === 0 ? 0 : Math.max(0, level - Math.max(0, Math.floor((now - endsAt) / this.#baseMs)))
  }

  /** Whether a record says no more than no record. */
  #isOver(record: FailureRecord, now: number): boolean {
    return now - record.failedAt > this.#maxMs && this.#levelAt(record, now) === 0
  }
}
