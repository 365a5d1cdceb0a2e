import { collectDefaultMetrics, Registry } from 'prom-client'
import { formatNodeId, type Metric } from '@astranet/core'
import type { Reply } from '../admin/reply.js'
import type { RelayMeasures } from '../node/relay.js'
import { VERSION } from '../version.js'
import { MetricSet } from './metric-set.js'

/** The metrics of the relay, of its node and process, and of Node. Their names and units stay from version to version. */
export class RelayMetrics {
  readonly #registry = new Registry()
  readonly #set: MetricSet

  constructor() {
    collectDefaultMetrics({ register: this.#registry })
    this.#set = new MetricSet(this.#registry)
  }

  /** All of them, as Prometheus reads them. */
  async text(measures: RelayMeasures): Promise<Omit<Reply, 'status'>> {
    for (const metric of [...ofRelay(measures), ...measures.metrics]) this.#set.set(metric)
    return { type: this.#registry.contentType, body: await this.#registry.metrics() }
  }
}

/** What the node does not have. */
function ofRelay({ nodeId, state, joins, metrics }: RelayMeasures): Metric[] {
  const joined = valueOf(metrics, 'astranet_joins', 'joined')
  return [
    {
      name: 'astranet_relay_info',
      help: 'Always 1; the labels say who and which version it is.',
      type: 'gauge',
      values: [{ labels: { node_id: formatNodeId(nodeId), version: VERSION }, value: 1 }],
    },
    {
      name: 'astranet_relay_ready',
      help: '1 when nodes can join, otherwise 0.',
      type: 'gauge',
      values: [{ labels: {}, value: state === 'ready' ? 1 : 0 }],
    },
    {
      name: 'astranet_relay_joins',
      help: 'Relays that this one is to join (--join), by whether there is a link.',
      type: 'gauge',
      values: [
        { labels: { linked: 'true' }, value: joined },
        { labels: { linked: 'false' }, value: joins - joined },
      ],
    },
  ]
}

function valueOf(metrics: readonly Metric[], name: string, state: string): number {
  const values = metrics.find((each) => each.name === name)?.values ?? []
  return values.find(({ labels }) => labels['state'] === state)?.value ?? 0
}
