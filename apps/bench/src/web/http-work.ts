import { scaled } from '../work.js'
import { percentile } from '../works/percentile.js'
import type { WebClient, WebSizes, WebWork } from './web-peer.js'

const REQUESTS = 60_000
const WARM_UP = 10_000

/**
 * Requests for 1 KiB, 64 at once, on connections that are kept. `cpu` is the CPU time of both processes for a request:
 * other programs of the machine disturb it less than the rate.
 */
export const httpWork: WebWork<WebSizes> = {
  name: 'http',
  title: '64 clients that ask for 1 KiB, again and again',
  sizes: (scale) => ({
    requests: scaled(REQUESTS, scale, 64),
    warmUp: scaled(WARM_UP, scale, 64),
    connections: 64,
    answerBytes: 1024,
  }),
  metrics: () => [
    { name: 'requests', unit: '/s', isHigherBetter: true },
    { name: 'p50', unit: 'us', isHigherBetter: false },
    { name: 'p99', unit: 'us', isHigherBetter: false },
    { name: 'cpu', unit: 'us', isHigherBetter: false },
  ],
  answerBytes: (sizes) => sizes.answerBytes,
  async run({ peer, address, sizes, progress, report, cpu }) {
    const client = await peer.connect(address, sizes.connections)
    await ask(client, { ...sizes, requests: sizes.warmUp }, () => undefined)
    const before = await cpu()
    const startedAt = performance.now()
    const times = await ask(client, sizes, progress)
    report('requests', (1000 * sizes.requests) / (performance.now() - startedAt))
    const after = await cpu()
    const cpuSeconds = after.client - before.client + after.server - before.server
    report('cpu', (1e6 * cpuSeconds) / sizes.requests)
    report('p50', percentile(times, 0.5))
    report('p99', percentile(times, 0.99))
    await client.close()
  },
}

/** How long each request took, in us. */
async function ask(
  client: WebClient,
  { requests, connections, answerBytes }: WebSizes,
  progress: (done: number) => void,
): Promise<Float64Array> {
  const times = new Float64Array(requests)
  let next = 0
  const askOn = async (): Promise<void> => {
    while (next < requests) {
      const index = next
      next += 1
      const startedAt = performance.now()
      const bytes = await client.get()
      if (bytes !== answerBytes) throw new Error(`${bytes} bytes were answered, not ${answerBytes}`)
      times[index] = 1000 * (performance.now() - startedAt)
      if (index % 256 === 0) progress(index / requests)
    }
  }
  await Promise.all(Array.from({ length: connections }, askOn))
  return times
}
