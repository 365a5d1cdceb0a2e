import { once } from 'node:events'
import { createRequire } from 'node:module'
import type { Duplex } from 'node:stream'
import type { Peer } from '../peer.js'
import { freePort } from '../stores/server-program.js'
import { DuplexEvents, endDuplex, writeDuplex } from './duplex-events.js'

/** The parts of the package that are used here. Its streams have the methods and events of Node's Duplexes. */
interface HyperDht {
  new (options: Options): Node
  bootstrapper(port: number, host: string, options: { readonly host: string }): Node
  keyPair(): KeyPair
}

interface Options {
  readonly bootstrap: readonly { readonly host: string; readonly port: number }[]
  readonly host: string
  readonly ephemeral: boolean
  readonly firewalled: boolean
}

interface Node {
  ready(): Promise<void>
  createServer(onConnection: (stream: Duplex) => void): { listen(keyPair: KeyPair): Promise<void> }
  connect(publicKey: Uint8Array): Duplex
}

interface KeyPair {
  readonly publicKey: Uint8Array
}

const NAME = 'hyperdht'
const HOST = '127.0.0.1'

const { resolve, load } = (() => {
  const require = createRequire(import.meta.url)
  return { resolve: () => require.resolve(NAME), load: () => require(NAME) as HyperDht }
})()

/** A node of a table that knows no other nodes than those of this measurement. */
async function nodeBehind(port: number): Promise<Node> {
  const bootstrap = [{ host: HOST, port }]
  const node = new (load())({ bootstrap, host: HOST, ephemeral: false, firewalled: false })
  await node.ready()
  return node
}

/** The nodes with which this process dials, by the port of the table's first node. */
const dialing = new Map<number, Promise<Node>>()

/** Connections between two nodes of a distributed hash table: each is one encrypted stream over UDP. */
export const hyperdht: Peer<Duplex> = {
  name: NAME,
  windows: 'those of udx',
  works: ['bulk', 'handshakes'],
  maxOpenStreams: 100,
  missing() {
    try {
      resolve()
      return undefined
    } catch {
      return `the package ${NAME} is not installed; apps/bench/README.md says how`
    }
  },
  async listen(events) {
    const port = await freePort()
    await load().bootstrapper(port, HOST, { host: HOST }).ready()
    const streams = new DuplexEvents(events)
    const node = await nodeBehind(port)
    const server = node.createServer((stream) => events.onStream(streams.attach(stream, false)))
    const keyPair = load().keyPair()
    await server.listen(keyPair)
    return `${HOST}:${port}/${Buffer.from(keyPair.publicKey).toString('hex')}`
  },
  async dial(address, events) {
    const [, port, publicKey = ''] = /:(\d+)\/(\w+)$/.exec(address) ?? []
    const made = dialing.get(Number(port)) ?? nodeBehind(Number(port))
    dialing.set(Number(port), made)
    const node = await made
    const streams = new DuplexEvents(events)
    const open: Duplex[] = []
    return {
      async open() {
        const stream = node.connect(Buffer.from(publicKey, 'hex'))
        open.push(stream)
        await once(stream, 'open')
        return streams.attach(stream, true)
      },
      close() {
        for (const stream of open) stream.destroy()
      },
    }
  },
  write: writeDuplex,
  end: endDuplex,
}
