import type { AstraNet } from '@astranet/core'
import { Counter, Gauge, type Registry } from 'prom-client'

/** The labels of all metrics of a node. */
const LABELS = ['code', 'path', 'reason', 'role', 'state']

/**
 * Adds the metrics of a node to a registry of prom-client: each scrape reads them anew. Returns what takes them out
 * again; call it when the node closes.
 */
export function collectNode(node: Pick<AstraNet, 'metrics'>, registry: Registry): () => void {
  const made = new Map<string, Counter | Gauge>()
  const collect = (): void => {
    for (const { name, values } of node.metrics()) {
      const metric = made.get(name)
      if (metric === undefined) continue
      metric.reset()
      for (const { labels, value } of values) {
        if (metric instanceof Gauge) metric.set(labels, value)
        else metric.inc(labels, value)
      }
    }
  }
  for (const [index, { name, help, type }] of node.metrics().entries()) {
    const common = { name, help, labelNames: LABELS, registers: [registry] }
    // The first metric of a scrape reads the node for all of them.
    const options = index === 0 ? { ...common, collect } : common
    made.set(name, type === 'gauge' ? new Gauge(options) : new Counter(options))
  }
  return () => {
    for (const name of made.keys()) registry.removeSingleMetric(name)
  }
}
