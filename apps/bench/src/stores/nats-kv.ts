import { Kvm, type KV, type KvWatchEntry } from '@nats-io/kv'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { entriesOf, VALUE } from './entries.js'
import { inFlight } from './in-flight.js'
import { findProgram, freePort, ServerProgram } from './server-program.js'
import type { CatalogueClient, Joined, Store, WatchClient } from './store.js'

/** Requests that a filling client has in flight. */
const IN_FLIGHT = 256
const BUCKET = 'services'

/** A bucket of NATS JetStream in memory, one server. */
export const natsKv: Store = {
  name: 'nats-kv',
  note: 'NATS JetStream, one server, a bucket in memory',
  holder: 'server',
  missing() {
    if (findProgram('nats-server') !== undefined) return undefined
    return 'there is no nats-server on the PATH; on Debian: apt-get install nats-server'
  },
  async serve() {
    const port = await freePort()
    const program = await ServerProgram.start({
      program: 'nats-server',
      args: (folder) => ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder],
      ready: /Server is ready/,
    })
    return program.serverAt(`127.0.0.1:${port}`)
  },
  connectWatch: watchClient,
  connectCatalogue: catalogueClient,
}

interface Bucket {
  readonly connection: NatsConnection
  readonly kv: KV
}

async function open(address: string): Promise<Bucket> {
  const connection = await connect({ servers: address })
  return { connection, kv: await new Kvm(connection).create(BUCKET, { storage: 'memory' }) }
}

async function watchClient(address: string): Promise<WatchClient> {
  const writer = await open(address)
  const reader = await open(address)
  return {
    async put(key, value) {
      await writer.kv.put(key, value)
    },
    async watch(onPut) {
      const changes = await reader.kv.watch()
      void (async () => {
        for await (const change of changes) onPut(change.key, change.string())
      })()
    },
    async close() {
      await writer.connection.close()
      await reader.connection.close()
    },
  }
}

async function catalogueClient(address: string): Promise<CatalogueClient> {
  const { connection, kv } = await open(address)
  return {
    async fill(sizes, onProgress) {
      let done = 0
      await inFlight(entriesOf(sizes), IN_FLIGHT, async ({ node, name }) => {
        await kv.put(`${name}.${node}`, VALUE)
        onProgress(++done / sizes.services)
      })
    },
    joinAll: () => join(address, ['>']),
    joinNames: (names) =>
      join(
        address,
        names.map((name) => `${name}.*`),
      ),
    close: () => connection.close(),
  }
}

/**
 * What a program does that keeps a copy: it watches, which begins with what is there. Servers before 2.10 take one
 * pattern for each watch.
 */
async function join(address: string, patterns: readonly string[]): Promise<Joined> {
  const { connection, kv } = await open(address)
  const services = new Map<string, unknown>()
  const add = (entry: KvWatchEntry): unknown => services.set(entry.key, entry.json())
  await Promise.all(patterns.map((pattern) => follow(kv, pattern, add)))
  return {
    services: services.size,
    async lookup(name) {
      const keys: string[] = []
      for await (const key of await kv.keys(`${name}.*`)) keys.push(key)
      return keys.length
    },
    close: () => connection.close(),
  }
}

/** Watches; resolves when all that was there has come. */
async function follow(kv: KV, key: string, onEntry: (entry: KvWatchEntry) => void): Promise<void> {
  const entries = await kv.watch({ key })
  await new Promise<void>((resolve) => {
    void (async () => {
      for await (const entry of entries) {
        onEntry(entry)
        if (entry.delta === 0) resolve()
      }
    })()
  })
}
