import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterAll, beforeAll } from 'vitest'
import { twoNodes } from './support.js'

/** The addresses of `net.Socket`. */
export interface Addresses {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  readonly remoteFamily?: string | undefined
  readonly localAddress?: string | undefined
  readonly localPort?: number | undefined
}

/** Where the sockets of a connection come from. */
export interface Way {
  readonly name: string
  /** Calls `take` with each accepted socket; connects. The socket may still be connecting. */
  connect(take: (socket: Duplex) => void): Promise<Duplex & Addresses>
}

let nodes: Awaited<ReturnType<typeof twoNodes>>
const opened: net.Server[] = []

beforeAll(async () => {
  nodes = await twoNodes()
})
afterAll(async () => {
  for (const server of opened) server.close()
  await nodes[Symbol.asyncDispose]()
})

export const overTcp: Way = {
  name: 'TCP',
  async connect(take) {
    const server = net.createServer(take).listen(0, '127.0.0.1')
    opened.push(server)
    await once(server, 'listening')
    return net.connect((server.address() as AddressInfo).port, '127.0.0.1')
  },
}

let names = 0

/** Those of two nodes that live as long as the file's tests. */
export const overAstraNet: readonly Way[] = [
  {
    name: 'bind and dial',
    async connect(take) {
      names += 1
      const listener = await nodes.server.bind('', `service${names}`)
      listener.on('connection', take)
      return await nodes.client.dial('', `service${names}`)
    },
  },
  {
    name: 'the net module',
    async connect(take) {
      names += 1
      nodes.server.net.createServer(take).listen(`service${names}`)
      await nodes.client.waitFor(`service${names}`)
      return nodes.client.net.connect(`service${names}`)
    },
  },
]
