import { scaled, type ProcessMemory } from '../../work.js'
import { percentile } from '../../works/percentile.js'
import { INSTANCES_PER_NAME, nameOf } from '../entries.js'
import type { CatalogueSizes, Joined, StoreRun, StoreWork } from '../store.js'

type Sizes = CatalogueSizes & {
  readonly lookups: number
  /** Names that the small client asks for. */
  readonly names: number
}

const NODES = 10_000
const LOOKUPS = 500
const NAMES = 10
const MEBIBYTE = 2 ** 20
/** A prime step: consecutive lookups ask for names far apart. */
const STEP = 7_919

/** 100,000 services of 10,000 nodes: their memory, a lookup, and a fresh program that gets all of them or ten names. */
export const catalogue: StoreWork<Sizes> = {
  name: 'catalogue',
  title: '100,000 services of 10,000 nodes in one catalogue',
  sizes(scale) {
    const nodes = scaled(NODES, scale, NAMES)
    return {
      nodes,
      services: nodes * INSTANCES_PER_NAME,
      lookups: scaled(LOOKUPS, scale, 20),
      names: NAMES,
    }
  },
  metrics: () => [
    { name: 'memory', unit: 'B/service', isHigherBetter: false },
    { name: 'heap', unit: 'B/service', isHigherBetter: false },
    { name: 'lookup p50', unit: 'us', isHigherBetter: false },
    { name: 'lookup p99', unit: 'us', isHigherBetter: false },
    { name: 'full join', unit: 's', isHigherBetter: false },
    { name: 'full join CPU', unit: 's', isHigherBetter: false },
    { name: 'full join bytes', unit: 'MiB', isHigherBetter: false },
    { name: 'ten names', unit: 's', isHigherBetter: false },
    { name: 'ten names CPU', unit: 's', isHigherBetter: false },
    { name: 'ten names bytes', unit: 'MiB', isHigherBetter: false },
  ],
  async run(run) {
    const { store, address, sizes } = run
    const client = await store.connectCatalogue(address)
    const before = await measureMemory(run)
    await client.fill(sizes, (done) => run.progress(0.6 * done))
    const filled = await measureMemory(run)
    const all = await joined(run, 'full join', sizes.services, () => client.joinAll(sizes))
    if (store.holder === 'server') {
      run.report('memory', (filled.server - before.server) / sizes.services)
    } else {
      const after = await measureMemory(run)
      run.report('memory', (after.client - filled.client) / sizes.services)
      run.report('heap', (after.heap - filled.heap) / sizes.services)
    }
    run.progress(0.8)
    await lookUp(run, all)
    await all.close()
    const names = Array.from({ length: sizes.names }, (_, i) => nameOf((i * STEP) % sizes.nodes))
    const expected = sizes.names * INSTANCES_PER_NAME
    await (await joined(run, 'ten names', expected, () => client.joinNames(names))).close()
    await client.close()
  },
}

/** The memory of both processes after a garbage collection, and the heap of this one, in bytes. */
async function measureMemory({ memory }: StoreRun<Sizes>): Promise<ProcessMemory & { heap: number }> {
  const processes = await memory()
  const { heapUsed, external } = process.memoryUsage()
  return { ...processes, heap: heapUsed + external }
}

async function lookUp({ sizes, report }: StoreRun<Sizes>, all: Joined): Promise<void> {
  const times = new Float64Array(sizes.lookups)
  for (let i = 0; i < times.length; i++) {
    const name = nameOf((i * STEP) % sizes.nodes)
    const startedAt = performance.now()
    const found = await all.lookup(name)
    times[i] = 1000 * (performance.now() - startedAt)
    if (found !== INSTANCES_PER_NAME) throw new Error(`${found} instances of ${name} were found`)
  }
  report('lookup p50', percentile(times, 0.5))
  report('lookup p99', percentile(times, 0.99))
}

async function joined(
  { report }: StoreRun<Sizes>,
  metric: string,
  expected: number,
  join: () => Promise<Joined>,
): Promise<Joined> {
  const startedAt = performance.now()
  const cpuBefore = process.cpuUsage()
  const result = await join()
  report(metric, (performance.now() - startedAt) / 1000)
  const { user, system } = process.cpuUsage(cpuBefore)
  report(`${metric} CPU`, (user + system) / 1e6)
  if (result.services !== expected)
    throw new Error(`${metric}: ${result.services} of ${expected} services came`)
  if (result.wireBytes !== undefined) report(`${metric} bytes`, result.wireBytes / MEBIBYTE)
  return result
}
