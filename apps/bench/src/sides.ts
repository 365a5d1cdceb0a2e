import { loadPeer } from './peers/load.js'
import type { Task } from './protocol.js'
import { loadStore } from './stores/load.js'
import type { StoreServer } from './stores/store.js'
import { storeWorks } from './stores/works/index.js'
import type { ProcessCpu, ProcessMemory } from './work.js'
import { httpWork } from './web/http-work.js'
import type { WebSizes } from './web/web-peer.js'
import { works } from './works/index.js'

/** What the client's side of a work is given by its process. */
export interface RunContext {
  progress(done: number): void
  report(metric: string, value: number): void
  memory(): Promise<ProcessMemory>
  cpu(): Promise<ProcessCpu>
}

/** The two sides of one work with one peer. */
export interface Sides {
  /** The server's side; resolves when clients can connect. */
  serve(): Promise<StoreServer>
  /** The client's side; resolves when the work is done. */
  run(context: RunContext): Promise<void>
}

/** What the process with this task has to do. Rejects if there is no such work or peer. */
export async function sidesOf(task: Task): Promise<Sides> {
  const sides = (await streamSides(task)) ?? (await storeSides(task)) ?? (await webSides(task))
  if (sides === undefined) throw new Error(`there is no ${task.work} of ${task.peer}`)
  return sides
}

/** A work on streams, with a peer that has them. */
async function streamSides({
  work: name,
  peer: peerName,
  sizes,
  address = '',
}: Task): Promise<Sides | undefined> {
  const work = works.find((each) => each.name === name)
  const peer = work === undefined ? undefined : await loadPeer(peerName)
  if (work === undefined || peer === undefined) return undefined
  return {
    serve: async () => ({ address: await peer.listen(work.serve(peer, sizes)) }),
    run: (context) => work.run({ peer, sizes, address, ...context }),
  }
}

/** A work on catalogues of services, with a store that has them. */
async function storeSides({ work: name, peer, sizes, address = '' }: Task): Promise<Sides | undefined> {
  const work = storeWorks.find((each) => each.name === name)
  const store = work === undefined ? undefined : await loadStore(peer)
  if (work === undefined || store === undefined) return undefined
  return {
    serve: () => store.serve(name, sizes),
    run: (context) => work.run({ store, sizes, address, ...context }),
  }
}

/** A work on HTTP. */
async function webSides({
  work: name,
  peer: peerName,
  sizes,
  address = '',
}: Task): Promise<Sides | undefined> {
  if (name !== httpWork.name) return undefined
  const { webPeers } = await import('./web/web-peers.js')
  const peer = webPeers.find((each) => each.name === peerName)
  if (peer === undefined) return undefined
  const own = sizes as WebSizes
  return {
    serve: async () => ({ address: await peer.serve(Buffer.alloc(httpWork.answerBytes(own), 'x')) }),
    run: (context) => httpWork.run({ peer, sizes: own, address, ...context }),
  }
}
