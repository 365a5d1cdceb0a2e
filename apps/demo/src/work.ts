import { BULK_BYTES } from './bulk.js'
import type { Exchanged, Opened } from './calls.js'
import type { Network } from './network.js'
import type { Progress } from './progress.js'
import type { PathFigures } from './result.js'
import { format } from './table.js'
import { countTcpConnections } from './tcp-connections.js'

/** The processes, and the outputs for progress. */
export interface Stage extends Network {
  readonly progress: Progress
}

/**
 * Does the work of the demo once, over the path that the client's dials take now. `whileOpen` runs while all streams are
 * open and used.
 */
export async function work(
  stage: Stage,
  streams: number,
  whileOpen: () => Promise<void> = () => Promise.resolve(),
): Promise<PathFigures> {
  const { client, say } = stage
  const { elapsedMs: openMs, path, protection } = await open(stage, streams)
  const { sentBytes, verifiedBytes, elapsedMs: exchangeMs } = await exchange(stage, streams)
  const openAtOnce = await countOpen(stage)
  const { roundTripMs } = await client.call('roundTrip', undefined)
  const tcpConnections = await countConnections(stage)
  await whileOpen()
  await client.call('closeStreams', undefined)
  const { elapsedMs: bulkMs } = await client.call('bulk', undefined)
  say(
    `${path}: opened ${format(streams)} streams in ${seconds(openMs)}, ` +
      `verified ${format(verifiedBytes)} bytes in ${seconds(exchangeMs)}, ` +
      `sent ${format(BULK_BYTES / 2 ** 20)} MiB in ${seconds(bulkMs)}`,
  )
  return {
    ...{
      path,
      protection,
      streams: openAtOnce,
      verifiedBytes,
      lostBytes: sentBytes - verifiedBytes,
      tcpConnections,
    },
    opensPerSecond: Math.round((streams * 1000) / openMs),
    roundTripMs: Math.round(roundTripMs * 1000) / 1000,
    bulkBytesPerSecond: Math.round((BULK_BYTES * 1000) / bulkMs),
  }
}

async function open({ client, progress }: Stage, streams: number): Promise<Opened> {
  progress.start('opening streams', streams)
  const result = await client.call('open', { streams }, (done) => progress.update(done))
  progress.stop()
  return result
}

async function exchange({ client, progress }: Stage, streams: number): Promise<Exchanged> {
  progress.start('checking bytes', streams)
  const result = await client.call('exchange', undefined, (done) => progress.update(done))
  progress.stop()
  return result
}

/** A stream counts as open if both ends report it as open. */
async function countOpen({ server, client }: Stage): Promise<number> {
  return Math.min(await server.call('openStreams', undefined), await client.call('openStreams', undefined))
}

async function countConnections({
  relay,
  server,
  client,
  say,
}: Stage): Promise<PathFigures['tcpConnections']> {
  const toRelay = await countTcpConnections(client.pid, relay.pid)
  const toServer = await countTcpConnections(client.pid, server.pid)
  const why = toRelay.why ?? toServer.why
  if (why !== undefined) say(why)
  return { toRelay: toRelay.count, toServer: toServer.count }
}

function seconds(elapsedMs: number): string {
  return `${(elapsedMs / 1000).toFixed(1)} s`
}
