import { Counter, Gauge, type Registry } from 'prom-client'

type Labels = Readonly<Record<string, string>>

/**
 * Metrics whose values are read elsewhere: each scrape sets all of them anew, so that a label that is gone is not shown any
 * more. A metric is made when it is first set.
 */
export class MetricSet {
  readonly #registry: Registry
  readonly #metrics = new Map<string, Counter | Gauge>()

  constructor(registry: Registry) {
    this.#registry = registry
  }

  /** Forgets all values. */
  begin(): void {
    for (const metric of this.#metrics.values()) metric.reset()
  }

  /** Sets a value that can rise and fall. */
  gauge(name: string, help: string, value: number, labels: Labels = {}): void {
    const metric = this.#metric(name, () => new Gauge(this.#options(name, help, labels)))
    if (metric instanceof Gauge) metric.set(labels, value)
  }

  /** Sets a value that only rises. Once in each scrape for each set of labels. */
  counter(name: string, help: string, value: number, labels: Labels = {}): void {
    this.#metric(name, () => new Counter(this.#options(name, help, labels))).inc(labels, value)
  }

  #metric(name: string, make: () => Counter | Gauge): Counter | Gauge {
    const known = this.#metrics.get(name)
    if (known !== undefined) return known
    const made = make()
    this.#metrics.set(name, made)
    return made
  }

  #options(
    name: string,
    help: string,
    labels: Labels,
  ): { name: string; help: string; labelNames: string[]; registers: Registry[] } {
    return { name, help, labelNames: Object.keys(labels), registers: [this.#registry] }
  }
}
