import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NodeId } from '@astranet/interface'
import { Lab, type Host } from '../../../../tooling/test-support/netns/lab.js'
import type { NodeProcess } from '../../../../tooling/test-support/netns/node-process.js'
import type { NodeCalls } from './node.js'

const SCRIPT = new URL('node.ts', import.meta.url)

/** A line between a house and its provider: a round trip of 20 ms between two of them. */
export const LINE = { delayMs: 5 }

/** A process with one node. */
export type NodeOf = NodeProcess<NodeCalls>

/** A router on the internet. */
export interface RunningRouter {
  readonly host: Host
  readonly node: NodeOf
  readonly nodeId: NodeId
}

/** What a node is like. */
export interface ReachNodeOptions {
  readonly holePunching?: boolean
  readonly portMapping?: boolean
  /** A leaf knows only what it asks for. Default `'leaf'`. */
  readonly role?: 'leaf' | 'node'
}

/** A network with routers on the internet, each of which nodes join. */
export class Reach implements AsyncDisposable {
  readonly lab = new Lab()
  readonly #routers: RunningRouter[] = []
  /** For the routers' identities. */
  readonly #folder = mkdtempSync(join(tmpdir(), 'astra-reach-'))
  #services = 0

  /** Makes the network, with one router or more; each of the others joins the first one. */
  static async make(routers = 1): Promise<Reach> {
    const reach = new Reach()
    for (let index = 0; index < routers; index++) {
      const host = await reach.lab.host(`router${index}`)
      reach.#routers.push(await reach.#startRouter(host, `${index}.pem`))
    }
    return reach
  }

  /** The first router. */
  get router(): RunningRouter {
    return this.routerAt(0)
  }

  get routers(): readonly RunningRouter[] {
    return this.#routers
  }

  /** Kills a router, without a word to anybody. */
  async killRouter(index = 0): Promise<void> {
    await this.routerAt(index).node[Symbol.asyncDispose]()
  }

  /** Starts a router again at its address: `'same'` as before, or `'other'`, with an identity of its own. */
  async restartRouter(identity: 'same' | 'other', index = 0): Promise<void> {
    const { host } = this.routerAt(index)
    const file = identity === 'same' ? `${index}.pem` : `other-${index}.pem`
    this.#routers[index] = await this.#startRouter(host, file)
  }

  routerAt(index: number): RunningRouter {
    const router = this.#routers[index]
    if (router === undefined) throw new Error(`router ${index} was not started`)
    return router
  }

  async #startRouter(host: Host, identity: string): Promise<RunningRouter> {
    const node = this.lab.start<NodeCalls>(host, SCRIPT)
    const [first] = this.#routers
    const joins = first === undefined || first.host === host ? [] : [`${first.host.address}:4000`]
    const { nodeId } = await node.call('start', {
      ...{ role: 'router', listen: '[::]:4000', joins, holePunching: false },
      identity: join(this.#folder, identity),
    })
    return { host, node, nodeId }
  }

  /** Starts a node that joins the routers, and offers a service under a name of its own. */
  async node(host: Host, options: ReachNodeOptions = {}) {
    const isSix = host.address === ''
    const joins = this.#routers.map(({ host: { address, address6 } }) =>
      isSix ? `[${address6}]:4000` : `${address}:4000`,
    )
    const node = this.lab.start<NodeCalls>(host, SCRIPT)
    const service = `service-${++this.#services}`
    const { nodeId } = await node.call('start', { role: 'leaf', joins, ...options })
    await node.call('serve', service)
    return { node, nodeId, service, host }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lab[Symbol.asyncDispose]()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** A node that {@link Reach.node} started. */
export type Started = Awaited<ReturnType<Reach['node']>>
