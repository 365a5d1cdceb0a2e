import { discover, killServer, type Row } from './discovery.js'
import type { Progress } from './progress.js'
import type { DemoResult } from './result.js'
import { format } from './table.js'
import { countTcpConnections } from './tcp-connections.js'

/** The processes, and the outputs for progress. */
export interface Stage extends Row {
  readonly progress: Progress
}

/** Runs the demo with `streams` streams. Rejects with a sentence when it fails. */
export async function run(stage: Stage, streams: number): Promise<DemoResult> {
  const { server, client, say } = stage
  const { address } = await server.call('listen', undefined)
  say(`the server (process ${server.pid}) listens on tcp4 ${address} and offers "echo" and "web"`)
  const found = await discover(stage)
  await client.call('join', { address })
  say(`the client (process ${client.pid}) has joined the server itself, too`)
  const page = await client.call('page', undefined)
  say(`fetched the page of "web" through a stream: status ${page.status}, ${page.bytes} bytes`)
  const before = await measure(stage)
  const opensPerSecond = await open(stage, streams)
  const { sentBytes, verifiedBytes } = await exchange(stage, streams)
  const openAtOnce = await countOpen(stage)
  const { pingMs } = await client.call('ping', undefined)
  const tcp = await countTcpConnections(server.pid, client.pid)
  if (tcp.why !== undefined) say(tcp.why)
  const after = await measure(stage)
  await client.call('leave', undefined)
  const goneAfterMs = await killServer(stage)
  await close(stage)
  const perStream = (side: 'client' | 'server'): number => Math.round((after[side] - before[side]) / streams)
  return {
    streams: openAtOnce,
    verifiedBytes,
    lostBytes: sentBytes - verifiedBytes,
    tcpConnections: tcp.count,
    opensPerSecond,
    bytesPerStream: { client: perStream('client'), server: perStream('server') },
    pingMs: Math.round(pingMs * 1000) / 1000,
    page,
    discovery: { ...found, goneAfterMs },
  }
}

async function open({ client, progress, say }: Stage, streams: number): Promise<number> {
  progress.start('opening streams', streams)
  const { elapsedMs } = await client.call('open', { streams }, (done) => progress.update(done))
  progress.stop()
  say(`opened ${format(streams)} streams to "echo" in ${seconds(elapsedMs)}`)
  return Math.round((streams * 1000) / elapsedMs)
}

async function exchange(
  { client, progress, say }: Stage,
  streams: number,
): Promise<{ sentBytes: number; verifiedBytes: number }> {
  progress.start('checking bytes', streams)
  const result = await client.call('exchange', undefined, (done) => progress.update(done))
  progress.stop()
  const { sentBytes, verifiedBytes, elapsedMs } = result
  say(
    `sent ${format(sentBytes)} bytes, verified ${format(verifiedBytes)} that came back in ${seconds(elapsedMs)}`,
  )
  return result
}

/** A stream counts as open if both ends report it as open. */
async function countOpen({ server, client }: Stage): Promise<number> {
  return Math.min(await server.call('openStreams', undefined), await client.call('openStreams', undefined))
}

async function measure({ server, client }: Stage): Promise<{ client: number; server: number }> {
  const [ofServer, ofClient] = await Promise.all([
    server.call('memory', undefined),
    client.call('memory', undefined),
  ])
  return { client: ofClient.rssBytes, server: ofServer.rssBytes }
}

async function close({ router, client, progress }: Stage): Promise<void> {
  progress.start('closing', 2)
  await client.call('close', undefined)
  progress.update(1)
  await router.call('close', undefined)
  progress.stop()
}

function seconds(elapsedMs: number): string {
  return `${(elapsedMs / 1000).toFixed(1)} s`
}
