import type { NodeId, Transport } from '@astranet/interface'
import type { Catalogue } from '@astranet/registry'
import type { LinkMaker } from '../link-maker.js'
import type { LinkWay } from './link-way.js'
import { tellingError } from './way-errors.js'

/** How many addresses of one node are dialed at the same time. */
const MAX_PARALLEL = 4

/** How long the connection to one address may take, in ms. */
const CONNECT_TIMEOUT_MS = 3_000

/** What dialing advertised addresses needs of the node. */
export interface AddressWayParts {
  readonly catalogue: Pick<Catalogue, 'node'>
  readonly maker: LinkMaker
  /** The transport of a network, if the node has one. */
  readonly transportOf: (network: string) => Transport | undefined
}

/** Makes a link to an address that the node advertises; its id is checked, so a false address leads nowhere. */
export class AddressWay implements LinkWay {
  readonly kind = 'direct'
  readonly #parts: AddressWayParts

  constructor(parts: AddressWayParts) {
    this.#parts = parts
  }

  canTry(nodeId: NodeId): boolean {
    return this.#targets(nodeId).length > 0
  }

  async open(nodeId: NodeId, signal: AbortSignal): Promise<void> {
    const waiting = this.#targets(nodeId)
    const errors: unknown[] = []
    const ending = new AbortController()
    const either = AbortSignal.any([signal, ending.signal])
    const work = async (): Promise<boolean> => {
      for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
        try {
          await this.#connect(nodeId, target, either)
          ending.abort(new Error('another address was faster'))
          return true
        } catch (error) {
          errors.push(error)
          if (either.aborted) return false
        }
      }
      return false
    }
    const results = await Promise.all(Array.from({ length: MAX_PARALLEL }, work))
    if (!results.includes(true)) throw tellingError(errors)
  }

  async #connect(expectedNodeId: NodeId, target: Target, signal: AbortSignal): Promise<void> {
    const { maker } = this.#parts
    const { transport, network, address } = target
    const connection = await transport.dial(network, address, { timeoutMs: CONNECT_TIMEOUT_MS, signal })
    await maker.adopt(connection, 'dialer', { signal, expectedNodeId, network })
  }

  #targets(nodeId: NodeId): Target[] {
    const targets: Target[] = []
    for (const text of this.#parts.catalogue.node(nodeId)?.addresses ?? []) {
      const at = text.indexOf('://')
      const network = text.slice(0, Math.max(0, at))
      const transport = this.#parts.transportOf(network)
      if (transport !== undefined) targets.push({ transport, network, address: text.slice(at + 3) })
    }
    return targets
  }
}

interface Target {
  readonly transport: Transport
  readonly network: string
  readonly address: string
}
