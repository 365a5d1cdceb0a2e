import { memory } from '@astranet/transport-memory'
import { tcp } from '@astranet/transport-tcp'
import {
  AstraNet,
  type AstraNetOptions,
  type ChangeIterator,
  type Socket,
  type Transport,
} from '../src/index.js'

/** A way to join: in memory, or over TCP. */
export interface Network {
  readonly network: string
  readonly listenAddress: string
  /** Given to all nodes of one test. */
  transports(): readonly Transport[]
}

export const networks: Record<string, Network> = {
  memory: {
    network: 'memory',
    listenAddress: '*',
    transports() {
      return [memory()]
    },
  },
  tcp: { network: 'tcp4', listenAddress: '127.0.0.1:0', transports: () => [tcp()] },
}

/** Nodes of one test, which end with it. They have the links that the test makes, and no others. */
export class Net implements AsyncDisposable {
  readonly #network: Network
  readonly #transports: readonly Transport[]
  readonly #nodes: AstraNet[] = []

  constructor(network: Network = networks['tcp'] as Network) {
    this.#network = network
    this.#transports = network.transports()
  }

  /** A node that has joined `others`, each of which listens. */
  async node(options: AstraNetOptions = {}, ...others: readonly AstraNet[]): Promise<AstraNet> {
    const node = new AstraNet({ transports: this.#transports, spareRouter: false, ...options })
    this.#nodes.push(node)
    for (const other of others) await this.link(node, other)
    return node
  }

  /** `node` joins `other`. */
  async link(node: AstraNet, other: AstraNet): Promise<void> {
    const { network, listenAddress } = this.#network
    const endpoint = await other.listenAndServe(network, listenAddress)
    await node.join(network, endpoint.address)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.close()))
  }
}

/** Two nodes that know only one router, and a socket between them through it. */
export interface ThroughRouter {
  readonly server: AstraNet
  readonly client: AstraNet
  readonly socket: Socket
}

export async function throughRouter(net: Net): Promise<ThroughRouter> {
  const router = await net.node({ role: 'router' })
  const server = await net.node({}, router)
  const client = await net.node({}, router)
  await server.bind('', 'echo')
  const socket = await client.dial('', 'echo')
  return { server, client, socket }
}

/** The next `count` changes. */
export async function take<C>(changes: ChangeIterator<C>, count: number): Promise<C[]> {
  const taken: C[] = []
  while (taken.length < count) {
    const result = await changes.next()
    if (result.done === true) throw new Error(`it ended after ${taken.length} of ${count} changes`)
    taken.push(result.value)
  }
  return taken
}
