import { Etcd3 } from 'etcd3'
import { entriesOf, VALUE } from './entries.js'
import { inFlight } from './in-flight.js'
import { findProgram, freePort, ServerProgram } from './server-program.js'
import type { CatalogueClient, Joined, Store, WatchClient } from './store.js'

/** Requests that a filling client has in flight. */
const IN_FLIGHT = 256
const PREFIX = 'services/'

/** etcd, one member, as Debian ships it: every put is synced to disk. */
export const etcd: Store = {
  name: 'etcd',
  note: 'etcd, one member, puts synced to disk',
  holder: 'server',
  missing() {
    if (findProgram('etcd') !== undefined) return undefined
    return 'there is no etcd on the PATH; on Debian: apt-get install etcd-server'
  },
  async serve() {
    const [client, peer] = [await freePort(), await freePort()].map((port) => `http://127.0.0.1:${port}`)
    const urls = `--listen-client-urls=${client} --advertise-client-urls=${client} --listen-peer-urls=${peer}`
    const cluster = `--initial-advertise-peer-urls=${peer} --initial-cluster=default=${peer}`
    const program = await ServerProgram.start({
      program: 'etcd',
      args: (folder) => [`--data-dir=${folder}`, '--logger=zap', ...urls.split(' '), ...cluster.split(' ')],
      ready: /serving client traffic insecurely/,
    })
    return program.serverAt(client as string)
  },
  connectWatch: (address) => Promise.resolve(watchClient(address)),
  connectCatalogue: (address) => Promise.resolve(catalogueClient(address)),
}

function connect(address: string): Etcd3 {
  // All entries come in one answer; gRPC's default limit of a message is 4 MiB.
  return new Etcd3({ hosts: address, grpcOptions: { 'grpc.max_receive_message_length': -1 } })
}

function watchClient(address: string): WatchClient {
  const writer = connect(address)
  const reader = connect(address)
  return {
    async put(key, value) {
      await writer.put(PREFIX + key).value(value)
    },
    async watch(onPut) {
      const watcher = await reader.watch().prefix(PREFIX).create()
      watcher.on('put', ({ key, value }) => onPut(key.toString().slice(PREFIX.length), value.toString()))
    },
    async close() {
      writer.close()
      reader.close()
    },
  }
}

function catalogueClient(address: string): CatalogueClient {
  const client = connect(address)
  return {
    async fill(sizes, onProgress) {
      let done = 0
      await inFlight(entriesOf(sizes), IN_FLIGHT, async ({ node, name }) => {
        await client.put(`${PREFIX}${name}/${node}`).value(VALUE)
        onProgress(++done / sizes.services)
      })
    },
    joinAll: () => join(address, [PREFIX]),
    joinNames: (names) =>
      join(
        address,
        names.map((name) => `${PREFIX}${name}/`),
      ),
    async close() {
      client.close()
    },
  }
}

/** What a program does that keeps a copy: it watches each prefix and reads what is there. */
async function join(address: string, prefixes: readonly string[]): Promise<Joined> {
  const client = connect(address)
  const services = new Map<string, unknown>()
  await Promise.all(
    prefixes.map(async (prefix) => {
      const watcher = await client.watch().prefix(prefix).create()
      watcher.on('put', ({ key, value }) => services.set(key.toString(), JSON.parse(value.toString())))
      const found = await client.getAll().prefix(prefix).strings()
      for (const [key, value] of Object.entries(found)) services.set(key, JSON.parse(value))
    }),
  )
  return {
    services: services.size,
    async lookup(name) {
      return Object.keys(await client.getAll().prefix(`${PREFIX}${name}/`).strings()).length
    },
    close: () => client.close(),
  }
}
