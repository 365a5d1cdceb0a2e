import type { Connection, Transport } from '@astranet/interface'
import { memory } from '@astranet/transport-memory'
import { AstraNet } from '../src/index.js'
import { closing, SkipClock } from './support.js'

/** More than anything in these tests takes, in ms. */
const MOST_MS = 60_000

/** The usual time from one node to another, in ms. */
export const ONE_WAY_MS = 50

/** Nodes in virtual time: `client` has joined all others, over links with a delay. */
export class DelayedNodes implements AsyncDisposable {
  readonly clock = new SkipClock()
  readonly client: AstraNet
  readonly #transports = new Map<string, Transport>()
  readonly #nodes = new Map<string, AstraNet>()
  readonly #connections = new Map<string, Connection>()

  /** The time that bytes take from the client to each node, in ms, by the node's name. */
  constructor(delays: Readonly<Record<string, number>>) {
    const { clock } = this
    for (const [name, delayMs] of Object.entries(delays)) {
      const transport = memory({ delayMs, clock, bufferBytes: 1_000_000 })
      this.#transports.set(name, transport)
      this.#nodes.set(name, new AstraNet({ clock, transports: [transport] }))
    }
    const dialing: Transport = {
      networks: ['memory'],
      listen: () => Promise.reject(new Error('the client does not listen')),
      dial: async (network, address, options) => {
        const connection = await this.#transport(address).dial(network, address, options)
        this.#connections.set(address, connection)
        return connection
      },
    }
    this.client = new AstraNet({ clock, transports: [dialing] })
  }

  async open(): Promise<this> {
    for (const [name, node] of this.#nodes) {
      await node.listenAndServe('memory', name)
      await this.running(this.client.join('memory', name))
    }
    return this
  }

  node(name: string): AstraNet {
    const node = this.#nodes.get(name)
    if (node === undefined) throw new Error(`there is no node ${name}`)
    return node
  }

  /** Lets time pass until the promise has settled. */
  async running<T>(promise: Promise<T>): Promise<T> {
    await this.halfTripsUntil(promise)
    return await promise
  }

  /** How many times {@link ONE_WAY_MS} that takes from now on. */
  async halfTripsUntil(promise: Promise<unknown>): Promise<number> {
    let isSettled = false
    const settle = (): void => void (isSettled = true)
    promise.then(settle, settle)
    let count = 0
    for (; !isSettled; count++) {
      if (count * ONE_WAY_MS > MOST_MS) throw new Error('it never settles')
      await this.halfTrip()
    }
    return count
  }

  /** Everything that is sent now over a usual link arrives. */
  async halfTrip(): Promise<void> {
    // What was written leaves first.
    await this.clock.advance(0)
    await this.clock.advance(ONE_WAY_MS)
  }

  /** Breaks the client's connection to a node. */
  cut(name: string): void {
    this.#connections.get(name)?.abort(new Error('cut'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const nodes = [this.client, ...this.#nodes.values()]
    await Promise.all(nodes.map((node) => closing(this.clock, node)))
  }

  #transport(name: string): Transport {
    const transport = this.#transports.get(name)
    if (transport === undefined) throw new Error(`there is no node ${name}`)
    return transport
  }
}

export function delayedNodes(delays: Readonly<Record<string, number>>): Promise<DelayedNodes> {
  return new DelayedNodes(delays).open()
}
