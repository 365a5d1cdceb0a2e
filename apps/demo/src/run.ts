import { killServer, leaveRelay, meet } from './network.js'
import type { DemoResult } from './result.js'
import { work, type Stage } from './work.js'

/** Runs the demo with `streams` streams. Rejects with a sentence when it fails. */
export async function run(stage: Stage, streams: number): Promise<DemoResult> {
  const { client, say } = stage
  const found = await meet(stage)
  const page = await client.call('page', undefined)
  say(`fetched the page of "web" through the relay: status ${page.status}, ${page.bytes} bytes`)
  const before = await measure(stage)
  let after = before
  const relay = await work(stage, streams, async () => {
    after = await measure(stage)
  })
  const movedAfterMs = await leaveRelay(stage)
  const direct = await work(stage, streams)
  const goneAfterMs = await killServer(stage)
  await close(stage)
  const perStream = (process: keyof MemoryOfAll): number =>
    Math.round((after[process] - before[process]) / streams)
  return {
    ...{ relay, direct, movedAfterMs, page },
    bytesPerStream: {
      client: perStream('client'),
      relay: perStream('relay'),
      server: perStream('server'),
    },
    discovery: { ...found, goneAfterMs },
  }
}

type MemoryOfAll = Readonly<Record<'client' | 'relay' | 'server', number>>

async function measure({ server, relay, client }: Stage): Promise<MemoryOfAll> {
  const all = await Promise.all([
    client.call('memory', undefined),
    relay.call('memory', undefined),
    server.call('memory', undefined),
  ])
  const [ofClient, ofRelay, ofServer] = all.map(({ rssBytes }) => rssBytes) as [number, number, number]
  return { client: ofClient, relay: ofRelay, server: ofServer }
}

async function close({ relay, client, progress }: Stage): Promise<void> {
  progress.start('closing', 2)
  await client.call('close', undefined)
  progress.update(1)
  await relay.call('close', undefined)
  progress.stop()
}
