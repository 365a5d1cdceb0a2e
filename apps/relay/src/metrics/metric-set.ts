import { Counter, Gauge, type Registry } from 'prom-client'
import type { Metric } from '@astranet/core'

/** The labels of all metrics. */
const LABELS = ['code', 'linked', 'node_id', 'path', 'reason', 'role', 'state', 'version']

/**
 * Metrics whose values are read elsewhere: each scrape sets all of them anew, so a label that is gone is not shown any
 * more.
 */
export class MetricSet {
  readonly #registry: Registry
  readonly #metrics = new Map<string, Counter | Gauge>()

  constructor(registry: Registry) {
    this.#registry = registry
  }

  /** Sets all values of a metric; those of before are forgotten. */
  set({ name, help, type, values }: Metric): void {
    const metric = this.#metrics.get(name) ?? this.#make({ name, help, type })
    metric.reset()
    for (const { labels, value } of values) {
      if (metric instanceof Gauge) metric.set(labels, value)
      else metric.inc(labels, value)
    }
  }

  #make({ name, help, type }: Omit<Metric, 'values'>): Counter | Gauge {
    const options = { name, help, labelNames: LABELS, registers: [this.#registry] }
    const made = type === 'gauge' ? new Gauge(options) : new Counter(options)
    this.#metrics.set(name, made)
    return made
  }
}
