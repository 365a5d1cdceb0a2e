import { setTimeout as wait } from 'node:timers/promises'
import Table from 'cli-table3'
import type { RelayCalls, Target } from './relay-worker.js'
import type { ScaleArguments } from './scale-arguments.js'
import type { TunnelsCalls } from './tunnels-worker.js'
import { FORWARDER_PROGRAMS, TcpForwarder, type ForwarderProgram } from './tcp-forwarder.js'
import { Worker } from './worker.js'

const ROUND_TRIPS = 5_000
/** Memory is measured behind a collection. */
const GC = ['--expose-gc']
const GIBIBYTE = 2 ** 30
const MEBIBYTE = 2 ** 20

/** Between the two ends: nothing, routers, a program that pipes sockets, or one that others forward TCP with. */
interface Setting {
  readonly name: string
  readonly target: Target
  readonly routers: number
  readonly hasPipe: boolean
  readonly program?: ForwarderProgram
}

const SETTINGS: readonly Setting[] = [
  { name: 'TCP, direct', target: 'tcp', routers: 0, hasPipe: false },
  { name: 'TCP through socket.pipe', target: 'tcp', routers: 0, hasPipe: true },
  ...FORWARDER_PROGRAMS.map((program) => {
    const name = `TCP through ${program.name}`
    return { name, target: 'tcp', routers: 0, hasPipe: false, program } as const
  }),
  { name: 'AstraNet, direct', target: 'astra', routers: 0, hasPipe: false },
  { name: 'AstraNet, one relay', target: 'astra', routers: 1, hasPipe: false },
  { name: 'AstraNet, two relays', target: 'astra', routers: 2, hasPipe: false },
]

/** What one measurement found. CPU is that of all programs between the ends, in s per GiB. */
interface Row {
  readonly name: string
  readonly mebibytesPerSecond: number
  readonly cpuPerGibibyte: number | undefined
  readonly p50: number
  readonly p99: number
}

/** Measures what relays cost, and prints it. */
export async function relay(args: ScaleArguments): Promise<void> {
  const rows: Row[] = []
  for (const setting of SETTINGS) {
    const { program } = setting
    if (program === undefined || TcpForwarder.isThere(program)) rows.push(await measure(setting, args))
    else
      process.stderr.write(
        `${program.name} is left out: it is not installed (Debian's package ${program.name})\n`,
      )
  }
  const table = new Table({
    head: ['', 'MiB/s', 'CPU between, s/GiB', 'p50, ms', 'p99, ms'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'right', 'right', 'right', 'right'],
  })
  for (const { name, mebibytesPerSecond, cpuPerGibibyte, p50, p99 } of rows)
    table.push([
      ...[name, mebibytesPerSecond.toFixed(0), cpuPerGibibyte?.toFixed(2) ?? ''],
      ...[p50.toFixed(3), p99.toFixed(3)],
    ])
  process.stdout.write(`${table.toString()}\n`)
  const bytes = await idle(args)
  process.stdout.write(
    `${args.tunnels} idle tunnels beside as many: ${Math.round(bytes)} bytes each in the relay\n`,
  )
}

async function measure(setting: Setting, { seconds, settleSeconds }: ScaleArguments): Promise<Row> {
  const { name, target, routers, hasPipe, program } = setting
  const [client, server] = [
    new Worker<RelayCalls>('relay-worker', GC),
    new Worker<RelayCalls>('relay-worker', GC),
  ]
  const between = Array.from({ length: Math.max(routers, hasPipe ? 1 : 0) }, () => {
    return new Worker<RelayCalls>('relay-worker', GC)
  })
  let forwarder: TcpForwarder | undefined
  try {
    const services = await server.call('serve', undefined)
    await link({ client, server, between: hasPipe ? [] : between })
    if (program !== undefined) forwarder = await TcpForwarder.start(program, services)
    const piped = hasPipe ? await first(between).call('forward', services) : services
    await client.call('aim', forwarder?.ports ?? piped)
    if (target === 'astra') await check(client, setting)
    const { p50, p99 } = await client.call('pingPong', { target, count: ROUND_TRIPS })
    await client.call('pump', target)
    await wait(Math.min(settleSeconds, 2) * 1_000)
    const before = await Promise.all([server, ...between].map((worker) => worker.call('usage', undefined)))
    const forwarderBefore = forwarder?.cpuSeconds() ?? 0
    await wait(seconds * 1_000)
    const after = await Promise.all([server, ...between].map((worker) => worker.call('usage', undefined)))
    const forwarderSeconds = (forwarder?.cpuSeconds() ?? 0) - forwarderBefore
    await client.call('stop', undefined)
    const grown = (of: 'atMs' | 'cpuSeconds' | 'receivedBytes', index: number): number =>
      (after[index]?.[of] ?? 0) - (before[index]?.[of] ?? 0)
    const bytes = grown('receivedBytes', 0)
    const cpuSeconds = between.reduce((sum, _, at) => sum + grown('cpuSeconds', at + 1), forwarderSeconds)
    const isDirect = between.length === 0 && forwarder === undefined
    return {
      ...{ name, p50, p99 },
      mebibytesPerSecond: bytes / MEBIBYTE / (grown('atMs', 0) / 1_000),
      cpuPerGibibyte: isDirect ? undefined : cpuSeconds / (bytes / GIBIBYTE),
    }
  } finally {
    await Promise.all([client, server, ...between].map((worker) => worker.end()))
    await forwarder?.end()
  }
}

/** Links the two ends with each other, or with the first and the last router. */
async function link({
  client,
  server,
  between,
}: Readonly<Record<'client' | 'server', Worker<RelayCalls>>> & {
  readonly between: readonly Worker<RelayCalls>[]
}): Promise<void> {
  const addresses: string[] = []
  for (const router of between) {
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

/** What an idle tunnel takes in the relay, in bytes of resident memory. */
async function idle({ tunnels, settleSeconds }: ScaleArguments): Promise<number> {
  const [router, ends] = [
    new Worker<RelayCalls>('relay-worker', GC),
    new Worker<TunnelsCalls>('tunnels-worker'),
  ]
  try {
    const address = await router.call('listen', true)
    // As many before: code is compiled, and the heap of the relay has grown.
    await ends.call('open', { address, count: tunnels })
    await wait(settleSeconds * 500)
    const before = await router.call('usage', undefined)
    await ends.call('open', { address, count: tunnels })
    await wait(settleSeconds * 500)
    const after = await router.call('usage', undefined)
    const open = await router.call('tunnels', undefined)
    if (open < 2 * tunnels) throw new Error(`only ${open} of ${2 * tunnels} tunnels are open`)
    return (after.residentBytes - before.residentBytes) / tunnels
  } finally {
    await Promise.all([router.end(), ends.end()])
  }
}

function first<T>(list: readonly T[]): T {
  const [item] = list
  if (item === undefined) throw new Error('the list is empty')
  return item
}
