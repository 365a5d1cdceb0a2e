import { once } from 'node:events'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import { AstraNet, formatNodeId, type Listener } from '../../src/index.js'
import { boundTo } from '../support.js'
import type { Side } from './operation.js'

/** What `net.Socket` and AstraNet's have in common. */
export interface AnySocket extends Duplex {
  readonly bytesRead: number
  readonly bytesWritten: number
  readonly readyState: string
  readonly pending: boolean
  readonly connecting: boolean
  readonly timeout?: number | undefined
  resetAndDestroy(): unknown
  destroySoon(): void
  setTimeout(timeoutMs: number, onTimeout?: () => void): unknown
  ref(): unknown
  unref(): unknown
}

export type Ends = Readonly<Record<Side, AnySocket>>

/** Makes connections, one after the other. */
export interface Maker extends AsyncDisposable {
  connect(halfOpen: Readonly<Record<Side, boolean>>): Promise<Ends>
}

/**
 * As on AstraNet: how much is buffered, and that no byte waits for an acknowledgement (by Nagle's algorithm, for 40
 * ms).
 */
const LIKE_ASTRANET = { highWaterMark: 524_288, noDelay: true }

/** Connections of `node:net` over 127.0.0.1. */
export async function netMaker(): Promise<Maker> {
  const servers = [false, true].map((allowHalfOpen) =>
    net.createServer({ allowHalfOpen, ...LIKE_ASTRANET }).listen(0, '127.0.0.1'),
  )
  await Promise.all(servers.map((server) => once(server, 'listening')))
  return {
    async connect(halfOpen) {
      const server = servers[Number(halfOpen.far)] as net.Server
      const { port } = server.address() as net.AddressInfo
      const options = { allowHalfOpen: halfOpen.near, ...LIKE_ASTRANET }
      const near = net.connect({ port, host: '127.0.0.1', ...options })
      const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [
        [net.Socket],
        unknown,
      ]
      return { near, far }
    },
    async [Symbol.asyncDispose]() {
      for (const server of servers) server.close()
      await Promise.all(servers.map((server) => once(server, 'close')))
    },
  }
}

/** Connections of AstraNet between two nodes, joined over TCP on 127.0.0.1. */
export async function astraNetMaker(): Promise<Maker> {
  const server = new AstraNet()
  const client = new AstraNet()
  const { address } = await server.listenAndServe('tcp4', '127.0.0.1:0')
  await client.join('tcp4', address)
  const listeners = await Promise.all(
    [false, true].map((allowHalfOpen) => server.bind('', ':0', { allowHalfOpen })),
  )
  const host = formatNodeId(server.nodeId)
  return {
    async connect(halfOpen) {
      const listener = listeners[Number(halfOpen.far)] as Listener
      const dialed = client.dial('', `${host}:${boundTo(listener).port}`, { allowHalfOpen: halfOpen.near })
      const [near, far] = await Promise.all([dialed, listener.accept()])
      return { near, far }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([client.close(), server.close()])
    },
  }
}
