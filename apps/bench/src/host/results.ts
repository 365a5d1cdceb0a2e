import type { Metric } from '../work.js'
import type { Machine } from './machine.js'
import type { MallocName } from './malloc.js'
import type { Skipped } from './go-contestants.js'

/** One metric of one peer in one work. */
export interface Result {
  readonly work: string
  readonly peer: string
  readonly metric: string
  readonly unit: string
  readonly malloc: MallocName
  /** One for each run that reported it. */
  readonly values: readonly number[]
  readonly median: number
  /** This median divided by the other peer's. */
  readonly ratioTo: Readonly<Record<string, number>>
}

/** A peer that did not finish a work. */
export interface Failure {
  readonly work: string
  readonly peer: string
  readonly malloc: MallocName
  /** The run that failed, from 1; there was none after it. */
  readonly run: number
  readonly reason: string
}

/** A peer that took long for a work (`--once-over`): it has one value for each metric. */
export interface MeasuredOnce {
  readonly work: string
  readonly peer: string
  readonly malloc: MallocName
}

/** What is written as JSON. */
export interface Report {
  readonly machine: Machine
  readonly versions: Readonly<Record<string, string>>
  /** 1: the sizes that the works' titles say. */
  readonly scale: number
  /** Receive windows of each peer, in words. */
  readonly windows: Readonly<Record<string, string>>
  readonly runs: readonly Result[]
  readonly failures: readonly Failure[]
  readonly skipped: readonly Skipped[]
  readonly measuredOnce: readonly MeasuredOnce[]
}

/** Values of one work as they come, by peer and metric. */
export class Samples {
  readonly #values = new Map<string, Map<string, number[]>>()

  add(peer: string, values: ReadonlyMap<string, number>): void {
    const metrics = this.#values.get(peer) ?? new Map<string, number[]>()
    this.#values.set(peer, metrics)
    for (const [metric, value] of values) metrics.set(metric, [...(metrics.get(metric) ?? []), value])
  }

  /** What they come to, metric by metric, in the order in which the peers came. */
  results(work: string, malloc: MallocName, metrics: readonly Metric[]): Result[] {
    return metrics.flatMap(({ name: metric, unit }) => {
      const medians = new Map<string, number>()
      for (const [peer, values] of this.#values) {
        const ofMetric = values.get(metric)
        if (ofMetric !== undefined) medians.set(peer, median(ofMetric))
      }
      return [...medians].map(([peer, own]) => {
        const others = [...medians].filter(([other]) => other !== peer)
        const ratioTo = Object.fromEntries(others.map(([other, its]) => [other, rounded(own / its)]))
        const values = this.#values.get(peer)?.get(metric) ?? []
        return { work, peer, metric, unit, malloc, values, median: own, ratioTo }
      })
    })
  }
}

/** The value in the middle; of an even number, the mean of both. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2
}

function rounded(ratio: number): number {
  return Number(ratio.toPrecision(4))
}
