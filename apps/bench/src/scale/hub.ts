import { setTimeout as wait } from 'node:timers/promises'
import Table from 'cli-table3'
import type { EchoCalls, EchoTimes } from './echo-worker.js'
import type { HubCalls, HubUsage } from './hub-worker.js'
import type { Held, LeavesCalls } from './leaves-worker.js'
import type { ScaleArguments } from './scale-arguments.js'
import { coreShare, percent } from './usage.js'
import { Worker } from './worker.js'

/** Processes that share the leaves. */
const PROCESSES = 4

/** A hub with its leaves, an idle hub, and a process that measures both. */
interface Parts {
  readonly hub: Worker<HubCalls>
  readonly idle: Worker<HubCalls>
  readonly echo: Worker<EchoCalls>
  readonly leaves: readonly Worker<LeavesCalls>[]
}

/** Measures a hub with very many leaves, and prints it. */
export async function hub(args: ScaleArguments): Promise<void> {
  const parts: Parts = {
    hub: new Worker('hub-worker'),
    idle: new Worker('hub-worker'),
    echo: new Worker('echo-worker'),
    leaves: Array.from({ length: PROCESSES }, () => new Worker<LeavesCalls>('leaves-worker')),
  }
  try {
    await measure(parts, args)
  } finally {
    await Promise.all([parts.hub, parts.idle, parts.echo, ...parts.leaves].map((each) => each.end()))
  }
}

async function measure(parts: Parts, args: ScaleArguments): Promise<void> {
  const { links, seconds, settleSeconds, changesPerSecond } = args
  const { hub: busy, idle, echo, leaves } = parts
  const addresses = await busy.call('start', { links })
  const { tcp: idleAddress } = await idle.call('start', { links })
  await echo.call('dial', { addresses: [addresses.tcp, idleAddress] })
  const joinedMs = await timed(() =>
    Promise.all(
      leaves.map((each, index) => {
        const [first, next] = [index, index + 1].map((at) => Math.floor((links * at) / PROCESSES))
        const count = (next as number) - (first as number)
        return each.call('join', { addresses, first: (first as number) * 1_000, count })
      }),
    ),
  )
  say(`${links} leaves joined in ${(joinedMs / 1_000).toFixed(1)} s`)
  await wait(settleSeconds * 1_000)
  const quiet = await during(parts, seconds)
  const quietTimes = await echo.call('measure', { seconds })
  for (const each of leaves) await each.call('churn', { perSecond: changesPerSecond / PROCESSES })
  await wait(settleSeconds * 1_000)
  const changing = await during(parts, seconds)
  const changingTimes = await echo.call('measure', { seconds })
  for (const each of leaves) await each.call('churn', { perSecond: 0 })
  say(cpuTable(changesPerSecond, quiet, changing))
  say(echoTable(changesPerSecond, quietTimes, changingTimes))
  await sayRest(parts, changing.until)
}

interface Window {
  readonly from: HubUsage
  readonly until: HubUsage
}

async function during({ hub: busy }: Parts, seconds: number): Promise<Window> {
  const from = await busy.call('usage', undefined)
  await wait(seconds * 1_000)
  return { from, until: await busy.call('usage', undefined) }
}

function cpuTable(changes: number, ...windows: readonly [Window, Window]): string {
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
  for (const [index, { from, until }] of windows.entries()) {
    const seconds = (until.atMs - from.atMs) / 1_000
    table.push([
      index === 0 ? 'nobody comes or goes' : `${changes} come and go per s`,
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

function echoTable(changes: number, quiet: readonly EchoTimes[], changing: readonly EchoTimes[]): string {
  const table = new Table({
    head: ['echo, ms', 'p50', 'p99', 'slowest', 'p50 to an idle hub'],
    style: { head: [], border: [], compact: true },
  })
  for (const [name, [busy, idle]] of [
    ['nobody comes or goes', quiet],
    [`${changes} come and go per s`, changing],
  ] as const) {
    if (busy === undefined || idle === undefined) continue
    const ratio = `${(busy.p50 / idle.p50).toFixed(2)} x`
    for (const [hubName, { p50, p99, max }, toIdle] of [
      [name, busy, ratio],
      ['  an idle hub meanwhile', idle, ''],
    ] as const)
      table.push([hubName, p50.toFixed(3), p99.toFixed(3), max.toFixed(1), toIdle])
  }
  return table.toString()
}

async function sayRest({ leaves }: Parts, { registry }: HubUsage): Promise<void> {
  const [usage, held] = await Promise.all([
    Promise.all(leaves.map((each) => each.call('usage', undefined))),
    Promise.all(leaves.map((each) => each.call('held', undefined))),
  ])
  const sum = (of: (each: (typeof usage)[number]) => number): number =>
    usage.reduce((total, each) => total + of(each), 0)
  const all = sum((each) => each.leaves)
  say(`${sum((each) => each.came)} leaves came and ${sum((each) => each.went)} went`)
  const failures = usage.flatMap((each) => each.failures)
  if (failures.length > 0) say(`${failures.length} changes failed, the first: ${failures[0] ?? ''}`)
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
