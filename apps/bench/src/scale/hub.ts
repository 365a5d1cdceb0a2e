import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import Table from 'cli-table3'
import type { EchoCalls, EchoTimes } from './echo-worker.js'
import type { HubCalls, HubUsage, LoopDelays } from './hub-worker.js'
import type { Held, LeavesCalls } from './leaves-worker.js'
import type { ScaleArguments } from './scale-arguments.js'
import { coreShare, percent } from './usage.js'
import { Worker } from './worker.js'

/** Processes that share the leaves; every second one makes pages. */
const PROCESSES = 4

/** Options of Node with which a process runs what browsers run. Node 20 has a WebSocket only when asked. */
const AS_PAGES = ['--conditions=browser', '--experimental-websocket']

/** A hub with its leaves, an idle hub, and a process that measures both. */
interface Parts {
  readonly hub: Worker<HubCalls>
  readonly idle: Worker<HubCalls>
  readonly echo: Worker<EchoCalls>
  readonly leaves: readonly Worker<LeavesCalls>[]
}

/** Measures a hub with very many leaves, and prints it. */
export async function hub(args: ScaleArguments): Promise<void> {
  if (args.profile !== undefined) mkdirSync(args.profile, { recursive: true })
  const parts: Parts = {
    hub: new Worker('hub-worker'),
    idle: new Worker('hub-worker'),
    echo: new Worker('echo-worker'),
    leaves: Array.from(
      { length: PROCESSES },
      (_, index) => new Worker<LeavesCalls>('leaves-worker', isPages(index) ? AS_PAGES : []),
    ),
  }
  try {
    await measure(parts, args)
  } finally {
    await Promise.all([parts.hub, parts.idle, parts.echo, ...parts.leaves].map((each) => each.end()))
  }
}

async function measure(parts: Parts, args: ScaleArguments): Promise<void> {
  const { links, settleSeconds, changesPerSecond } = args
  const { hub: busy, idle, echo, leaves } = parts
  const addresses = await busy.call('start', { links })
  const { tcp: idleAddress } = await idle.call('start', { links })
  await echo.call('dial', { addresses: [addresses.tcp, idleAddress] })
  const joinedMs = await timed(() =>
    Promise.all(
      leaves.map((each, index) => {
        const [first, next] = [index, index + 1].map((at) => Math.floor((links * at) / PROCESSES))
        const count = (next as number) - (first as number)
        const where = isPages(index)
          ? ({ network: 'ws', address: addresses.ws } as const)
          : ({ network: 'tcp4', address: addresses.tcp } as const)
        return each.call('join', { ...where, first: (first as number) * 1_000, count })
      }),
    ),
  )
  say(`${links} leaves joined in ${(joinedMs / 1_000).toFixed(1)} s`)
  const windows = []
  for (const [name, changes] of [
    ['nobody comes or goes', 0],
    [`${changesPerSecond} come and go per s`, changesPerSecond],
  ] as const) {
    for (const each of leaves) await each.call('churn', { perSecond: changes / PROCESSES })
    await wait(settleSeconds * 1_000)
    windows.push(await during(parts, name, args))
  }
  for (const each of leaves) await each.call('churn', { perSecond: 0 })
  say(cpuTable(windows))
  say(echoTable(windows))
  await sayRest(parts, windows.at(-1) as Window)
}

function isPages(index: number): boolean {
  return index % 2 === 1
}

interface Window {
  readonly name: string
  readonly from: HubUsage
  readonly until: HubUsage
  readonly loop: LoopDelays
  /** Through the hub, and through an idle one. */
  readonly echoes: readonly [EchoTimes, EchoTimes]
}

/** Measures the hub's use while nobody measures echoes, and then echoes. */
async function during(parts: Parts, name: string, { seconds, profile }: ScaleArguments): Promise<Window> {
  const { hub: busy, echo } = parts
  if (profile !== undefined) await busy.call('startProfile', undefined)
  const from = await busy.call('usage', undefined)
  await wait(seconds * 1_000)
  const until = await busy.call('usage', undefined)
  if (profile !== undefined) {
    const file = join(profile, `hub-${name.replaceAll(' ', '-')}.cpuprofile`)
    await busy.call('writeProfile', { file })
  }
  await busy.call('watchLoop', undefined)
  const echoes = (await echo.call('measure', { seconds })) as [EchoTimes, EchoTimes]
  return { name, from, until, echoes, loop: await busy.call('loopDelays', undefined) }
}

function cpuTable(windows: readonly Window[]): string {
  const table = new Table({
    head: [
      'the hub',
      'CPU of a core',
      'sent, bytes/s',
      'received, bytes/s',
      'messages/s',
      'links',
      'RSS, MiB',
    ],
    style: { head: [], border: [], compact: true },
  })
  for (const { name, from, until } of windows) {
    const seconds = (until.atMs - from.atMs) / 1_000
    table.push([
      name,
      percent(coreShare(from, until)),
      Math.round((until.bytes.sent - from.bytes.sent) / seconds),
      Math.round((until.bytes.received - from.bytes.received) / seconds),
      Math.round((until.registry.sentMessages - from.registry.sentMessages) / seconds),
      until.links,
      Math.round(until.residentBytes / 1024 / 1024),
    ])
  }
  return table.toString()
}

function echoTable(windows: readonly Window[]): string {
  const table = new Table({
    head: [
      'echo, ms',
      'p50',
      'p99',
      'slowest',
      'to an idle hub: p50',
      'p99',
      'turns of the hub: p99',
      'longest',
    ],
    style: { head: [], border: [], compact: true },
  })
  const row = (name: string, { p50, p99, max }: EchoTimes, rest: readonly string[]): void => {
    table.push([name, p50.toFixed(3), p99.toFixed(3), max.toFixed(1), ...rest])
  }
  for (const { name, loop, echoes } of windows) {
    const [busy, idle] = echoes
    const ratios = [busy.p50 / idle.p50, busy.p99 / idle.p99].map((ratio) => `${ratio.toFixed(2)} x`)
    row(name, busy, [...ratios, loop.p99.toFixed(1), loop.max.toFixed(1)])
    row('  an idle hub meanwhile', idle, ['', '', '', ''])
  }
  return table.toString()
}

async function sayRest({ leaves }: Parts, { until: { registry } }: Window): Promise<void> {
  const held = await Promise.all(leaves.map((each) => each.call('held', undefined)))
  const usage = await Promise.all(leaves.map((each) => each.call('usage', undefined)))
  const sum = (of: (each: (typeof usage)[number]) => number): number =>
    usage.reduce((total, each) => total + of(each), 0)
  const all = sum((each) => each.leaves)
  say(`${sum((each) => each.came)} leaves came and ${sum((each) => each.went)} went`)
  const failures = usage.flatMap((each) => each.failures)
  if (failures.length > 0) say(`${failures.length} changes or dials failed, the first: ${failures[0] ?? ''}`)
  const { logs, entries, heldBytes, reachable } = registry
  say(`the hub holds ${logs} logs, ${entries} entries, ${heldBytes} bytes; ${reachable} nodes are reachable`)
  const most = (of: (each: Held) => number): number => Math.max(...held.map(of))
  const mean = held.reduce((total, { bytes }) => total + bytes, 0) / all
  say(
    `a leaf holds at most ${most(({ maxLogs }) => maxLogs)} logs of others and ` +
      `${most(({ maxBytes }) => maxBytes)} bytes (${Math.round(mean)} on average), and sees these services: ` +
      [...new Set(held.flatMap(({ services }) => services))].join(', '),
  )
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
