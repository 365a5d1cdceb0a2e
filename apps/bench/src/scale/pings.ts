import { setTimeout as wait } from 'node:timers/promises'
import Table from 'cli-table3'
import type { PingsCalls, PingsSettings } from './pings-worker.js'
import type { ScaleArguments } from './scale-arguments.js'
import { coreShare, percent } from './usage.js'
import { Worker } from './worker.js'

const KEEP_ALIVE_MS = 5_000

/** What one measurement found. */
interface Row {
  readonly name: string
  readonly share: number
  readonly sentPerSecond: number
  readonly receivedPerSecond: number
}

/** Measures what the keep-alive of idle sessions over TCP costs the process of one side, and prints it. */
export async function pings(args: ScaleArguments): Promise<void> {
  const rows: Row[] = []
  for (const isSecure of [false, true]) {
    for (const keepAliveIntervalMs of [0, KEEP_ALIVE_MS]) {
      rows.push(await measure(args, { isSecure, keepAliveIntervalMs }))
    }
  }
  const table = new Table({
    head: [`${args.links} idle links`, 'CPU of one side', 'sent, bytes/s', 'received, bytes/s'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'right', 'right', 'right'],
  })
  for (const { name, share, sentPerSecond, receivedPerSecond } of rows) {
    table.push([name, percent(share), Math.round(sentPerSecond), Math.round(receivedPerSecond)])
  }
  process.stdout.write(`${table.toString()}\n`)
}

async function measure(args: ScaleArguments, settings: PingsSettings): Promise<Row> {
  const { links, seconds, settleSeconds } = args
  const [hub, others] = [new Worker<PingsCalls>('pings-worker'), new Worker<PingsCalls>('pings-worker')]
  try {
    const port = await hub.call('listen', settings)
    await others.call('dial', { port, links, ...settings })
    await wait(settleSeconds * 1_000)
    const from = await hub.call('usage', undefined)
    await wait(seconds * 1_000)
    const until = await hub.call('usage', undefined)
    if (until.sessions !== links) throw new Error(`${links - until.sessions} of ${links} sessions have ended`)
    const elapsedSeconds = (until.atMs - from.atMs) / 1_000
    const keepAlive =
      settings.keepAliveIntervalMs === 0 ? 'no pings' : `a ping every ${KEEP_ALIVE_MS / 1_000} s`
    return {
      name: `${settings.isSecure ? 'encrypted' : 'in the clear'}, ${keepAlive}`,
      share: coreShare(from, until),
      sentPerSecond: (until.sentBytes - from.sentBytes) / elapsedSeconds,
      receivedPerSecond: (until.receivedBytes - from.receivedBytes) / elapsedSeconds,
    }
  } finally {
    await Promise.all([hub.end(), others.end()])
  }
}
