import { scaled, SILENT, type Work } from '../work.js'
import { serveEcho } from './echo.js'
import { percentile } from './percentile.js'
import { PingPong } from './ping-pong.js'

type LatencySizes = {
  readonly pings: number
  /** Pings before the measured ones. */
  readonly warmUp: number
}

const PINGS = 20_000
const WARM_UP = 2_000

/** Round trips of 64 bytes, one after the other, on an otherwise idle connection. */
export const latency: Work<LatencySizes> = {
  name: 'latency',
  title: '64 bytes there and back on an idle connection',
  sizes: (scale) => ({ pings: scaled(PINGS, scale, 50), warmUp: scaled(WARM_UP, scale, 5) }),
  metrics: () => [
    { name: 'p50', unit: 'us', isHigherBetter: false },
    { name: 'p99', unit: 'us', isHigherBetter: false },
  ],
  serve: (peer) => serveEcho(peer),
  async run(run) {
    const { peer, sizes } = run
    const pingPong = new PingPong(peer)
    const events = { ...SILENT, onData: pingPong.onData, onFailure: pingPong.onFailure }
    const dialed = await peer.dial(run.address, events)
    pingPong.use(await dialed.open())
    for (let i = 0; i < sizes.warmUp; i++) await pingPong.ping()
    const times = new Float64Array(sizes.pings)
    for (let i = 0; i < times.length; i++) {
      const startedAt = performance.now()
      await pingPong.ping()
      times[i] = (performance.now() - startedAt) * 1000
      if (i % 256 === 0) run.progress(i / times.length)
    }
    run.report('p50', percentile(times, 0.5))
    run.report('p99', percentile(times, 0.99))
  },
}
