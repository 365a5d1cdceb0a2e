import { etcd } from './etcd.js'
import { natsKv } from './nats-kv.js'
import { registry } from './registry/registry.js'
import type { Store } from './store.js'

/** Every store, in the order of the tables. */
export const stores: readonly Store[] = [registry, etcd, natsKv]
