import { mkdirSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import Table from 'cli-table3'
import { measureRelay, type RelayMeasurement, type Setting } from './relay-measurement.js'
import type { RelayCalls } from './relay-worker.js'
import type { ScaleArguments } from './scale-arguments.js'
import type { TunnelsCalls } from './tunnels-worker.js'
import { FORWARDER_PROGRAMS, TcpForwarder } from './tcp-forwarder.js'
import { Worker } from './worker.js'

const DIRECT: Setting = { name: 'TCP, direct', target: 'tcp', routers: 0, hasPipe: false }

const DIRECT_PLAIN: Setting = { name: 'AstraNet, direct', target: 'astra', routers: 0, hasPipe: false }

/** What a relay is compared with: its tunnels are encrypted between the ends, also where links are not. */
const DIRECT_ENCRYPTED: Setting = {
  ...DIRECT_PLAIN,
  name: 'AstraNet, direct, encrypted',
  isEncrypted: true,
}

const SETTINGS: readonly Setting[] = [
  DIRECT,
  { name: 'TCP through socket.pipe', target: 'tcp', routers: 0, hasPipe: true },
  ...FORWARDER_PROGRAMS.map((program) => {
    const name = `TCP through ${program.name}`
    return { name, target: 'tcp', routers: 0, hasPipe: false, program } as const
  }),
  DIRECT_PLAIN,
  DIRECT_ENCRYPTED,
  { name: 'AstraNet, one relay', target: 'astra', routers: 1, hasPipe: false },
  { name: 'AstraNet, two relays', target: 'astra', routers: 2, hasPipe: false },
]

/** Measures what relays cost, and prints it. */
export async function relay(args: ScaleArguments): Promise<void> {
  if (args.profile !== undefined) mkdirSync(args.profile, { recursive: true })
  const settings = SETTINGS.filter(isPossible)
  const runs = settings.map(() => [] as RelayMeasurement[])
  // By turns, so that other work on the machine meets all of them alike.
  for (let round = 0; round < args.rounds; round++) {
    for (const [index, setting] of settings.entries()) {
      runs[index]?.push(await measureRelay(setting, args))
    }
  }
  process.stdout.write(tableOf(settings, runs))
  const bytes = await idle(args)
  process.stdout.write(
    `${args.tunnels} idle tunnels beside as many: ${Math.round(bytes)} bytes each in the relay\n`,
  )
}

/** Whether what is between the ends is installed; says so otherwise. */
function isPossible({ program }: Setting): boolean {
  if (program === undefined || TcpForwarder.isThere(program)) return true
  const { name } = program
  process.stderr.write(`${name} is left out: it is not installed (Debian's package ${name})\n`)
  return false
}

function tableOf(settings: readonly Setting[], runs: readonly (readonly RelayMeasurement[])[]): string {
  const table = new Table({
    head: [
      ...['medians', 'MiB/s', 'CPU s/GiB: client', 'between', 'server'],
      ...['p50, ms', 'added', 'p99, ms', 'CPU us per round trip', 'added'],
    ],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', ...Array.from({ length: 9 }, () => 'right' as const)],
  })
  for (const [index, setting] of settings.entries()) {
    const of = (value: keyof RelayMeasurement): number | undefined => median(runs[index] ?? [], value)
    const added = (value: keyof RelayMeasurement): number | undefined => {
      const [all, direct] = [of(value), median(runs[settings.indexOf(directOf(setting))] ?? [], value)]
      return all === undefined || direct === undefined ? undefined : all - direct
    }
    table.push([
      ...[setting.name, text(of('mebibytesPerSecond'), 0)],
      ...[text(of('clientCpu'), 2), text(of('cpuBetween'), 2), text(of('serverCpu'), 2)],
      ...[text(of('p50'), 3), text(added('p50'), 3), text(of('p99'), 3)],
      ...[text(of('roundTripCpu'), 0), text(added('roundTripCpu'), 0)],
    ])
  }
  return `${table.toString()}\n`
}

/** The same ends with nothing between them. */
function directOf({ target, routers }: Setting): Setting {
  if (target === 'tcp') return DIRECT
  return routers > 0 ? DIRECT_ENCRYPTED : DIRECT_PLAIN
}

function text(value: number | undefined, digits: number): string {
  return value?.toFixed(digits) ?? ''
}

function median(runs: readonly RelayMeasurement[], of: keyof RelayMeasurement): number | undefined {
  const values = runs.map((run) => run[of]).filter((value) => value !== undefined)
  values.sort((a, b) => a - b)
  const [low, high] = [values[(values.length - 1) >> 1], values[values.length >> 1]]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}

/** What an idle tunnel takes in the relay, in bytes of resident memory. */
async function idle({ tunnels, settleSeconds }: ScaleArguments): Promise<number> {
  // Memory is measured behind a collection.
  const router = new Worker<RelayCalls>('relay-worker', ['--expose-gc'])
  const ends = new Worker<TunnelsCalls>('tunnels-worker')
  try {
    await router.call('start', { isEncrypted: false })
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
