import type { Store } from './store.js'

/** The module of each store. A process loads only the store that it measures, not the libraries of the others. */
const modules: Readonly<Record<string, () => Promise<Store>>> = {
  registry: async () => (await import('./registry/registry.js')).registry,
  etcd: async () => (await import('./etcd.js')).etcd,
  'nats-kv': async () => (await import('./nats-kv.js')).natsKv,
}

/** The store of that name; `undefined` if there is none. */
export async function loadStore(name: string): Promise<Store | undefined> {
  return await modules[name]?.()
}
