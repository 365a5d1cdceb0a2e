import { setTimeout as delay } from 'node:timers/promises'
import { scaled } from '../../work.js'
import { percentile } from '../../works/percentile.js'
import { inFlight } from '../in-flight.js'
import type { StoreRun, StoreWork, WatchClient } from '../store.js'

type WatchSizes = {
  readonly puts: number
  /** Puts before the measured ones. */
  readonly warmUp: number
  /** New services that are put as fast as possible, for the rate. */
  readonly services: number
}

const PUTS = 2_000
const WARM_UP = 200
const SERVICES = 20_000
/** Services whose value changes in turn. */
const KEYS = 16
/** Between two puts, at least. AstraNet lets each of the writing nodes make 10 changes a second; this is 6. */
const INTERVAL_MS = 10
/** Puts that are not yet accepted, when the rate is measured. */
const AT_ONCE = 256

/** From a put until another connection's watch has seen it, and how many puts a second get there. */
export const watch: StoreWork<WatchSizes> = {
  name: 'watch',
  title: 'A change of a service, from the put until a watch has seen it',
  sizes: (scale) => ({
    puts: scaled(PUTS, scale, 40),
    warmUp: scaled(WARM_UP, scale, KEYS),
    services: scaled(SERVICES, scale, 100),
  }),
  metrics: () => [
    { name: 'p50', unit: 'ms', isHigherBetter: false },
    { name: 'p99', unit: 'ms', isHigherBetter: false },
    { name: 'rate', unit: 'new services/s', isHigherBetter: true },
  ],
  async run(run) {
    const client = await run.store.connectWatch(run.address)
    const seen = new Seen()
    await client.watch((key, value) => seen.arrived(key, value))
    const times = await latencies(run, client, seen)
    run.report('p50', percentile(times, 0.5))
    run.report('p99', percentile(times, 0.99))
    run.report('rate', await rate(run, client, seen))
    await client.close()
  },
}

async function latencies(
  { sizes, progress }: StoreRun<WatchSizes>,
  client: WatchClient,
  seen: Seen,
): Promise<Float64Array> {
  const times = new Float64Array(sizes.puts)
  let startedAt = -Infinity
  for (let i = -sizes.warmUp; i < times.length; i++) {
    const number = i + sizes.warmUp
    // After a slow put the others do not catch up: a burst would run into the ration.
    await delay(Math.max(0, startedAt + INTERVAL_MS - performance.now()))
    const key = `changing-${number % KEYS}`
    startedAt = performance.now()
    const arrival = seen.next(key, String(number))
    await client.put(key, String(number))
    const elapsedMs = (await arrival) - startedAt
    if (i >= 0) times[i] = elapsedMs
    progress((0.5 * number) / (sizes.warmUp + sizes.puts))
  }
  return times
}

/** New services a second, from the first put until the watch has seen the last one. */
async function rate(
  { sizes, progress }: StoreRun<WatchSizes>,
  client: WatchClient,
  seen: Seen,
): Promise<number> {
  const keys = Array.from({ length: sizes.services }, (_, i) => `new-${i}`)
  const startedAt = performance.now()
  const allSeen = Promise.all(keys.map((key) => seen.next(key, 'new')))
  let done = 0
  await inFlight(keys, AT_ONCE, async (key) => {
    await client.put(key, 'new')
    progress(0.5 + (0.5 * ++done) / keys.length)
  })
  await allSeen
  return sizes.services / ((performance.now() - startedAt) / 1000)
}

/** What the watch has seen. */
class Seen {
  readonly #awaited = new Map<string, { value: string; resolve(at: number): void }>()

  /** Resolves with the time at which `key` is seen with `value`. */
  next(key: string, value: string): Promise<number> {
    return new Promise((resolve) => this.#awaited.set(key, { value, resolve }))
  }

  arrived(key: string, value: string): void {
    const awaited = this.#awaited.get(key)
    if (awaited?.value !== value) return
    this.#awaited.delete(key)
    awaited.resolve(performance.now())
  }
}
