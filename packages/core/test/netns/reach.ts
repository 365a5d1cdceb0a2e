import { Lab, type Host } from '../../../../tooling/test-support/netns/lab.js'
import type { NodeProcess } from '../../../../tooling/test-support/netns/node-process.js'
import type { NodeCalls } from './node.js'

const SCRIPT = new URL('node.ts', import.meta.url)

/** A line between a house and its provider: a round trip of 20 ms between two of them. */
export const LINE = { delayMs: 5 }

/** A process with one node. */
export type NodeOf = NodeProcess<NodeCalls>

/** A network with one router on the internet. */
export class Reach implements AsyncDisposable {
  readonly lab = new Lab()
  #router: { readonly host: Host; readonly node: NodeOf } | undefined = undefined
  #services = 0

  /** Makes the network. */
  static async make(): Promise<Reach> {
    const reach = new Reach()
    await reach.#startRouter(await reach.lab.host('router'))
    return reach
  }

  /** Kills the router, without a word to anybody. */
  async killRouter(): Promise<void> {
    await this.router.node[Symbol.asyncDispose]()
  }

  /** Starts another router at the same address. */
  async restartRouter(): Promise<void> {
    await this.#startRouter(this.router.host)
  }

  async #startRouter(host: Host): Promise<void> {
    const node = this.lab.start<NodeCalls>(host, SCRIPT)
    this.#router = { host, node }
    await node.call('start', { role: 'router', listen: '[::]:4000', holePunching: false })
  }

  /** Starts a node that joins the router, and offers a service under a name of its own. */
  async node(host: Host, options: { readonly holePunching?: boolean; readonly portMapping?: boolean } = {}) {
    const { address, address6 } = this.router.host
    const join = host.address === '' ? `[${address6}]:4000` : `${address}:4000`
    const node = this.lab.start<NodeCalls>(host, SCRIPT)
    const service = `service-${++this.#services}`
    const { nodeId } = await node.call('start', { role: 'leaf', join, ...options })
    await node.call('serve', service)
    return { node, nodeId, service, host }
  }

  get router(): { readonly host: Host; readonly node: NodeOf } {
    if (this.#router === undefined) throw new Error('the router was not started')
    return this.#router
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lab[Symbol.asyncDispose]()
  }
}

/** A node that {@link Reach.node} started. */
export type Started = Awaited<ReturnType<Reach['node']>>
