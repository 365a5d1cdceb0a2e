import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { RelayCalls, RelayUsage, Target } from './relay-worker.js'
import type { ScaleArguments } from './scale-arguments.js'
import { TcpForwarder, type ForwarderProgram } from './tcp-forwarder.js'
import { Worker } from './worker.js'

const ROUND_TRIPS = 5_000
/** The longest that bytes flow before the measurement begins, in s. */
const MAX_SETTLE_SECONDS = 2
const GIBIBYTE = 2 ** 30
const MEBIBYTE = 2 ** 20

/** Between the two ends: nothing, routers, a program that pipes sockets, or one that others forward TCP with. */
export interface Setting {
  readonly name: string
  readonly target: Target
  readonly routers: number
  readonly hasPipe: boolean
  readonly program?: ForwarderProgram
  /** Whether links are encrypted on loopback too, as a tunnel always is. */
  readonly isEncrypted?: boolean
}

/** What one measurement found. CPU is in s per GiB that arrived. */
export interface RelayMeasurement {
  readonly mebibytesPerSecond: number
  readonly clientCpu: number
  /** Of all programs between the ends; `undefined`: there is none. */
  readonly cpuBetween: number | undefined
  readonly serverCpu: number
  /** Round trips, in ms. */
  readonly p50: number
  readonly p99: number
  /** CPU time of all processes for a round trip, in us. */
  readonly roundTripCpu: number
}

interface Processes {
  readonly client: Worker<RelayCalls>
  readonly server: Worker<RelayCalls>
  readonly between: readonly Worker<RelayCalls>[]
  readonly forwarder?: TcpForwarder
}

/** Starts the processes of a setting, and measures round trips and throughput. */
export async function measureRelay(setting: Setting, args: ScaleArguments): Promise<RelayMeasurement> {
  const { target, routers, hasPipe, program, isEncrypted = false } = setting
  const [client, server] = [new Worker<RelayCalls>('relay-worker'), new Worker<RelayCalls>('relay-worker')]
  const between = Array.from({ length: Math.max(routers, hasPipe ? 1 : 0) }, () => {
    return new Worker<RelayCalls>('relay-worker')
  })
  let processes: Processes = { client, server, between }
  try {
    await Promise.all([client, server, ...between].map((worker) => worker.call('start', { isEncrypted })))
    const services = await server.call('serve', undefined)
    await link(processes, hasPipe ? [] : between)
    if (program !== undefined)
      processes = { ...processes, forwarder: await TcpForwarder.start(program, services) }
    const [first] = hasPipe ? between : []
    const piped = first === undefined ? services : await first.call('forward', services)
    await client.call('aim', processes.forwarder?.ports ?? piped)
    if (target === 'astra') await check(client, setting)
    return { ...(await roundTrips(processes, target)), ...(await throughput(processes, setting, args)) }
  } finally {
    await Promise.all([client, server, ...between].map((worker) => worker.end()))
    await processes.forwarder?.end()
  }
}

async function roundTrips(
  { client, server, between, forwarder }: Processes,
  target: Target,
): Promise<Pick<RelayMeasurement, 'p50' | 'p99' | 'roundTripCpu'>> {
  const cpuSeconds = async (): Promise<number> => {
    const all = await usages([client, server, ...between])
    return all.reduce((sum, usage) => sum + usage.cpuSeconds, forwarder?.cpuSeconds() ?? 0)
  }
  // What is not compiled yet costs more.
  await client.call('pingPong', { target, count: ROUND_TRIPS })
  const before = await cpuSeconds()
  const times = await client.call('pingPong', { target, count: ROUND_TRIPS })
  return { ...times, roundTripCpu: (((await cpuSeconds()) - before) / ROUND_TRIPS) * 1e6 }
}

async function throughput(
  { client, server, between, forwarder }: Processes,
  { name, target }: Setting,
  { seconds, settleSeconds, profile }: ScaleArguments,
): Promise<Omit<RelayMeasurement, 'p50' | 'p99' | 'roundTripCpu'>> {
  const all = [client, server, ...between]
  await client.call('pump', target)
  await wait(Math.min(settleSeconds, MAX_SETTLE_SECONDS) * 1_000)
  if (profile !== undefined) await Promise.all(all.map((worker) => worker.call('startProfile', undefined)))
  const before = await usages(all)
  const forwarderBefore = forwarder?.cpuSeconds() ?? 0
  await wait(seconds * 1_000)
  const after = await usages(all)
  const forwarderCpu = (forwarder?.cpuSeconds() ?? 0) - forwarderBefore
  if (profile !== undefined) await writeProfiles(all, join(profile, name.replaceAll(/[^A-Za-z.]+/g, '-')))
  await client.call('stop', undefined)
  const grown = (of: 'atMs' | 'cpuSeconds' | 'receivedBytes', index: number): number =>
    (after[index]?.[of] ?? 0) - (before[index]?.[of] ?? 0)
  const bytes = grown('receivedBytes', 1)
  const [clientCpu = 0, serverCpu = 0, ...others] = all.map((_, index) => {
    return grown('cpuSeconds', index) / (bytes / GIBIBYTE)
  })
  if (forwarder !== undefined) others.push(forwarderCpu / (bytes / GIBIBYTE))
  return {
    ...{ clientCpu, serverCpu },
    cpuBetween: others.length === 0 ? undefined : others.reduce((sum, cpu) => sum + cpu),
    mebibytesPerSecond: bytes / MEBIBYTE / (grown('atMs', 1) / 1_000),
  }
}

function usages(workers: readonly Worker<RelayCalls>[]): Promise<RelayUsage[]> {
  return Promise.all(workers.map((worker) => worker.call('usage', undefined)))
}

async function writeProfiles(workers: readonly Worker<RelayCalls>[], path: string): Promise<void> {
  const names = ['client', 'server', 'relay-1', 'relay-2']
  await Promise.all(
    workers.map((worker, index) =>
      worker.call('writeProfile', { file: `${path}-${names[index]}.cpuprofile` }),
    ),
  )
}

/** Links the two ends with each other, or with the first and the last router. */
async function link({ client, server }: Processes, routers: readonly Worker<RelayCalls>[]): Promise<void> {
  const addresses: string[] = []
  for (const router of routers) {
    addresses.push(await router.call('listen', true))
    const previous = addresses.at(-2)
    if (previous !== undefined) await router.call('join', previous)
  }
  const [near] = addresses
  if (near === undefined) addresses.push(await server.call('listen', false))
  else await server.call('join', addresses.at(-1) ?? near)
  await client.call('join', addresses[0] ?? '')
}

/** Fails when the bytes would take another way than the measurement is about. */
async function check(client: Worker<RelayCalls>, { name, routers }: Setting): Promise<void> {
  const found = await client.call('routersOnPath', 'echo')
  if (found !== routers) throw new Error(`${name}: there are ${found} routers on the path`)
}
