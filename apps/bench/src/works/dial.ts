import { scaled, SILENT, type Work } from '../work.js'
import { serveEcho } from './echo.js'
import { percentile } from './percentile.js'

type DialSizes = {
  readonly dials: number
  /** Dials before the measured ones. */
  readonly warmUp: number
}

const DIALS = 5_000
const WARM_UP = 500

/** Time from the request for a new stream to the first byte of its answer, one stream after the other. */
export const dial: Work<DialSizes> = {
  name: 'dial',
  title: 'Time to the first byte of a new stream',
  sizes: (scale) => ({ dials: scaled(DIALS, scale, 20), warmUp: scaled(WARM_UP, scale, 5) }),
  metrics: () => [
    { name: 'p50', unit: 'us', isHigherBetter: false },
    { name: 'p99', unit: 'us', isHigherBetter: false },
  ],
  serve: (peer) => serveEcho(peer),
  async run(run) {
    const { peer, sizes } = run
    const steps = new Steps()
    const dialed = await peer.dial(run.address, {
      ...SILENT,
      onData: () => steps.step(),
      onEnd: () => steps.step(),
      onFailure: (error) => steps.fail(error),
    })
    const times = new Float64Array(sizes.dials)
    for (let i = -sizes.warmUp; i < times.length; i++) {
      const startedAt = performance.now()
      const stream = await dialed.open()
      const firstByte = steps.next()
      peer.write(stream, Uint8Array.of(i & 0xff))
      await firstByte
      if (i >= 0) times[i] = (performance.now() - startedAt) * 1000
      const end = steps.next()
      peer.end(stream)
      await end
      if (i % 64 === 0) run.progress(Math.max(0, i) / times.length)
    }
    run.report('p50', percentile(times, 0.5))
    run.report('p99', percentile(times, 0.99))
  },
}

/** The awaited events, one after the other. */
class Steps {
  #resolve: (() => void) | undefined
  #reject: ((error: Error) => void) | undefined
  #failure: Error | undefined

  next(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) reject(this.#failure)
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  step(): void {
    this.#resolve?.()
  }

  fail(error: Error): void {
    this.#failure = error
    this.#reject?.(error)
  }
}
