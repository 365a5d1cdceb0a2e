import net from 'node:net'
import { onTestFinished } from 'vitest'
import { AstraNet, formatNodeId } from '../src/index.js'
import { twoNodes } from './support.js'

/** What the scenarios use of the module `net`, of Node and of a node. */
export type NetModule = Pick<typeof net, 'createServer' | 'connect'>

/** Where a scenario runs. */
export interface Place {
  readonly server: NetModule
  readonly client: NetModule
  readonly host: string
}

/** The same sockets over TCP, within one node, and between two. */
export const places: readonly { name: string; make(): Promise<Place> }[] = [
  { name: 'TCP', make: () => Promise.resolve({ server: net, client: net, host: '127.0.0.1' }) },
  {
    name: 'one node',
    make: () => {
      const node = new AstraNet()
      onTestFinished(() => node.close())
      const both = node.net as unknown as NetModule
      return Promise.resolve({ server: both, client: both, host: '' })
    },
  },
  {
    name: 'two nodes',
    make: async () => {
      const nodes = await twoNodes()
      onTestFinished(() => nodes[Symbol.asyncDispose]())
      const server = nodes.server.net as unknown as NetModule
      const client = nodes.client.net as unknown as NetModule
      return { server, client, host: formatNodeId(nodes.server.nodeId) }
    },
  },
]
