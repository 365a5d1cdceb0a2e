import type { Metric } from '../work.js'
import type { Machine } from './machine.js'
import type { MallocName } from './malloc.js'
import type { Skipped } from './contestant.js'

/** One metric of one peer in one work. */
export interface Result {
  readonly work: string
  readonly peer: string
  readonly metric: string
  readonly unit: string
  readonly malloc: MallocName
  /** One value for each run that reported the metric. */
  readonly values: readonly number[]
  readonly median: number
  /** This median divided by that of the other peer. */
  readonly ratioTo: Readonly<Record<string, number>>
}

/** A peer that did not finish a work. */
export interface Failure {
  readonly work: string
  readonly peer: string
  readonly malloc: MallocName
  /** The run that failed, from 1; it was the last one. */
  readonly run: number
  readonly reason: string
}

/** A peer that needed long for a work (`--once-over`) and has one value for each metric. */
export interface MeasuredOnce {
  readonly work: string
  readonly peer: string
  readonly malloc: MallocName
}

/** The content of the JSON file. */
export interface Report {
  readonly machine: Machine
  readonly versions: Readonly<Record<string, string>>
  /** 1: the sizes in the titles of the works. */
  readonly scale: number
  /** Receive windows of each peer, in words. */
  readonly windows: Readonly<Record<string, string>>
  readonly runs: readonly Result[]
  readonly failures: readonly Failure[]
  readonly skipped: readonly Skipped[]
  readonly measuredOnce: readonly MeasuredOnce[]
}

/** Collects the values of one work, by peer and metric. */
export class Samples {
  readonly #values = new Map<string, Map<string, number[]>>()

  add(peer: string, values: ReadonlyMap<string, number>): void {
    const metrics = this.#values.get(peer) ?? new Map<string, number[]>()
    this.#values.set(peer, metrics)
    for (const [metric, value] of values) metrics.set(metric, [...(metrics.get(metric) ?? []), value])
  }

  /** The results by metric, with the peers in the order of their first value. */
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

/** The median: the value in the middle, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2
}

function rounded(ratio: number): number {
  return Number(ratio.toPrecision(4))
}
