import { AstraNet, type Listener } from '@astranet/core'
import type { StoreServer, WatchClient } from '../store.js'

/** Nodes that write. Each may make 10 changes a second, and more are joined into one. */
const WRITERS = 16

/** The server's side of the work `watch`: a router. */
export async function serveWatch(): Promise<StoreServer> {
  const node = new AstraNet({ role: 'router' })
  const { address } = await node.listenAndServe('tcp4', '127.0.0.1:0')
  return { address: String(address), close: () => node.close() }
}

/** The client's side: nodes that write and one that watches. All have joined the router, and none another one. */
export async function watchClient(address: string): Promise<WatchClient> {
  const writers = Array.from({ length: WRITERS }, () => new AstraNet({ role: 'leaf' }))
  const reader = new AstraNet()
  await Promise.all([...writers, reader].map((node) => node.join('tcp4', address)))
  const listeners = new Map<string, Listener>()
  let bound = 0
  return {
    async put(key, value) {
      const listener = listeners.get(key)
      if (listener !== undefined) return void listener.update({ tags: [value] })
      const writer = writers[bound++ % WRITERS] as AstraNet
      listeners.set(key, await writer.bind('', key, { tags: [value] }))
    },
    async watch(onPut) {
      void (async () => {
        for await (const { kind, service } of reader.serviceMap().watch()) {
          if (kind !== 'remove') onPut(service.name, service.tags[0] ?? '')
        }
      })()
    },
    async close() {
      await Promise.all([...writers, reader].map((node) => node.close()))
    },
  }
}
